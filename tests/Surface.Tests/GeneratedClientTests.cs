using System.Reflection;
using System.Runtime.Loader;
using JobSystem.ServiceDefaults.OpenApi;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace JobSystem.Surface.Tests;

/// <summary>
/// A client that NSwag generates from the document of the canonical surface works. (One that openapi-typescript generates is tested in sdk/typescript.)
/// </summary>
public sealed class GeneratedClientTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    /// <summary>What a user of the generated client writes.</summary>
    const string Use = """
        using System.Collections.Generic;
        using System.Linq;
        using System.Net.Http;
        using System.Threading.Tasks;

        namespace Generated;

        public static class Use
        {
            public static async Task<string[]> Run(HttpClient http, string url)
            {
                var api = new JobsApi(http) { BaseUrl = url };
                var job = await api.CreateJobAsync(
                    new JobRequest { Task_name = "echo", Kwargs = new Dictionary<string, object> { ["name"] = "Ada" }, Priority = JobRequestPriority.High, Tags = ["generated"] });
                var done = await api.WaitForJobAsync(job.Id, timeout: 30);
                var page = await api.ListJobsAsync(tags: ["generated"], status: [JobStatus.Completed], limit: 10);
                var refused = "";
                try
                {
                    await api.CreateJobAsync(new JobRequest { Task_name = "no_such_task" });
                }
                catch (ApiException<Problem> problem)
                {
                    refused = $"{problem.StatusCode} {problem.Result.Code}";
                }
                return [$"{job.Status}", $"{done.Status}", $"{done.Result}", string.Join(",", page.Items.Select(x => x.Id == job.Id)), refused];
            }
        }
        """;

    [Fact]
    public async Task Client_OfNSwag_CreatesWaitsForAndListsAJob()
    {
        var run = Compile(await Generate(), Use).GetType("Generated.Use")!.GetMethod("Run")!;

        using var http = host.NewClient();
        var seen = await (Task<string[]>)run.Invoke(null, [http, $"{http.BaseAddress}"])!;

        Assert.Equal(["Pending", "Completed", """{"args":[],"kwargs":{"name":"Ada"}}""", "True", "400 task_not_found"], seen);
    }

    async Task<string> Generate()
    {
        var document = await OpenApiDocument.FromJsonAsync(await host.Text(ApiSurface.Canonical.Path));
        var settings = new CSharpClientGeneratorSettings
        {
            ClassName = "JobsApi",
            GenerateOptionalParameters = true,
            CSharpGeneratorSettings = { Namespace = "Generated", JsonLibrary = CSharpJsonLibrary.SystemTextJson },
        };
        return new CSharpClientGenerator(document, settings).GenerateFile();
    }

    static Assembly Compile(params string[] sources)
    {
        var libraries = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "Generated", sources.Select(x => CSharpSyntaxTree.ParseText(x)), libraries.Select(x => MetadataReference.CreateFromFile(x)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using var output = new MemoryStream();
        var result = compilation.Emit(output);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(x => x.Severity == DiagnosticSeverity.Error).Take(20)));
        output.Position = 0;
        return new AssemblyLoadContext("Generated", isCollectible: true).LoadFromStream(output);
    }
}
