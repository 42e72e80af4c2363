using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Api;
using JobSystem.Client.CodeGeneration;
using JobSystem.Client.Enqueueing;
using JobSystem.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JobSystem.Client.Tests;

[Collection(nameof(ClientHost))]
public sealed class TaskCodeTests(ClientHost host)
{
    /// <summary>As the client writes jobs.</summary>
    static readonly JsonSerializerOptions json = JobJson.Create(null);
    static readonly JobWriter writer = new(new JobSystemClientOptions(), null);

    [Theory]
    [InlineData("OddJobs.cs")]
    [InlineData("odd-jobs.ts")]
    public async Task Code_OfOddTasks_IsAsApproved(string file)
    {
        var approved = Path.Combine(Repository.Root, "tests", "Client.Tests", "Generated", file);
        var code = Write(OddTasks.All);
        if (Environment.GetEnvironmentVariable("JOBSYSTEM_APPROVE") == "1")
        {
            await File.WriteAllTextAsync(approved, code);
        }

        Assert.Equal(await File.ReadAllTextAsync(approved), code);
        Assert.Equal(code, Write(OddTasks.All.Reverse()));

        string Write(IEnumerable<RegisteredTask> tasks) => file.EndsWith(".cs", StringComparison.Ordinal) ? TaskCode.ToCSharp(tasks, "Odd.Jobs") : TaskCode.ToTypeScript(tasks);
    }

    [Fact]
    public void Records_OfOddTasks_CompileAndAreWrittenByTheNamesOfTheSchema()
    {
        var assembly = Compile(TaskCode.ToCSharp(OddTasks.All, "Odd.Jobs"), "namespace Odd.Jobs; public sealed partial record MakeInvoice : JobSystem.IJob<int>;");
        const string Kwargs = """
            {"order_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","total":9.5,"lines":[{"count":1,"parts":[{"count":2}]}],"customer":null,"paid":true,"odd name":"x",
             "odd-name":"y","priority":"very-high","labels":{"Some Key":[1,2]},"metadata":{"a":1},"anything":[1,"b"],"big":340282366920938463463374607431768211455,
             "maybe":{"x":1.5},"fixed":"only","mark":"","padded":" b","shared":{"street":"s","next":{"street":"t"}}}
            """;

        Assert.Equal(
            ["1:2", "Make.Invoice", "class", "guid", "job", "loops", "make-invoice", "make_invoice", "r"],
            assembly.GetTypes().Where(typeof(IJob).IsAssignableFrom).Select(x => JobAttribute.ForType(x).Name).Order(StringComparer.Ordinal));
        AssertSame(Kwargs, Written(assembly, "make_invoice", Kwargs));
        AssertSame("""{"a":1,"b":[true]}""", Written(assembly, "Make.Invoice", """{"a":1,"b":[true]}"""));
        const string Odd = """{"class":"1","Class":"2","clone":"3","to_string":"4","équipe":"5","2fast":"6","_":"7","":"8","a\"b\\c":"9","camelCase":"10"}""";
        AssertSame(Odd, Written(assembly, "class", Odd));
        Assert.Equal("invoices", JobAttribute.ForType(JobType(assembly, "make_invoice")).Queue);
    }

    [Fact]
    public async Task Records_OfTheTasksOfASystem_AreEnqueuedAndRun()
    {
        var tasks = (await host.Client.Tasks.List(1000)).Items;
        var assembly = Compile(TaskCode.ToCSharp(tasks, "Shop.Jobs"));
        var given = new MakeFullInvoice(
            Guid.CreateVersion7(), 7.25m, DateTimeOffset.UnixEpoch, PaymentKind.BankTransfer, new("Main Street", null), [new("pen", 3)], Discount: 2, Serial: 12)
        {
            Grace = TimeSpan.FromDays(1.5),
        };

        var generated = (IJob)JsonSerializer.Deserialize(Write(given), JobType(assembly, "make_full_invoice"), json)!;
        var job = await host.Client.Enqueue(generated);
        var ofTwin = await host.Client.Enqueue(given);

        var made = await host.Client.WaitForResult<JsonElement>(job.Id);
        var expected = await host.Client.WaitForResult<JsonElement>(ofTwin.Id);
        Assert.True(JsonElement.DeepEquals(expected, made), $"{made}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("Shop.class")]
    [InlineData("Shop..Jobs")]
    [InlineData("2Jobs")]
    public void Namespace_ThatIsNone_IsRefused(string name) =>
        Assert.StartsWith($"Expected a namespace such as Shop.Jobs; got \"{name}\"", Assert.Throws<ArgumentException>(() => TaskCode.ToCSharp([], name)).Message, StringComparison.Ordinal);

    /// <summary>Reads the arguments into a record, and writes them as the client sends them.</summary>
    static string Written(Assembly assembly, string task, string kwargs) => Write((IJob)JsonSerializer.Deserialize(kwargs, JobType(assembly, task), json)!);

    static string Write(IJob job) => writer.CreateRequest(job, null).Kwargs!.Value.ToString();

    static Type JobType(Assembly assembly, string task) =>
        assembly.GetTypes().Single(x => typeof(IJob).IsAssignableFrom(x) && JobAttribute.ForType(x).Name == task);

    static void AssertSame(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"expected {expected}\ngot {actual}");

    /// <summary>Without a warning, as a project with the strictest settings has it.</summary>
    static Assembly Compile(params string[] sources)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(x => MetadataReference.CreateFromFile(x));
        var options = new CSharpParseOptions(documentationMode: DocumentationMode.Diagnose);
        var compilation = CSharpCompilation.Create(
            $"generated{Guid.CreateVersion7():N}", sources.Select(x => CSharpSyntaxTree.ParseText(x, options)), references,
            new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var compiled = new MemoryStream();
        var result = compilation.Emit(compiled);
        Assert.Empty(result.Diagnostics.Where(x => x.Severity >= DiagnosticSeverity.Warning));
        compiled.Position = 0;
        return new AssemblyLoadContext(null, isCollectible: false).LoadFromStream(compiled);
    }
}
