using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.OpenApi;
using JobSystem.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Surface.Tests;

public sealed class ApiDocumentTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    public static TheoryData<string> Surfaces => [.. ApiSurface.All.Select(x => x.Name)];

    [Theory]
    [MemberData(nameof(Surfaces))]
    public async Task Document_Served_IsTheCommittedOne(string surface)
    {
        var file = surface == ApiSurface.Canonical.Name ? "docs/openapi.json" : $"docs/openapi/{surface}.json";
        var committed = Path.Combine(Repository.Root, file);
        var served = await host.Text($"/openapi/{surface}.json");
        if (Environment.GetEnvironmentVariable("JOBSYSTEM_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(committed)!);
            await File.WriteAllTextAsync(committed, served);
        }
        Assert.True(served == await File.ReadAllTextAsync(committed), $"{file} is not what is served. If that is meant: JOBSYSTEM_APPROVE=1 dotnet test tests/Surface.Tests --filter Document_Served");
    }

    /// <summary>A client that is generated from the first document has the canonical surface and nothing else.</summary>
    [Theory]
    [InlineData("v1", "/api/v1/", "Job", "OperationsJob")]
    [InlineData("operations", "", "OperationsJob", "Job")]
    [InlineData("publish", "/api/jobs", "PublishedJob", "Job")]
    [InlineData("user", "/api/jobs", "UserJob", "Job")]
    public async Task Document_HasItsSurfaceOnly(string surface, string path, string schema, string otherSchema)
    {
        var document = JsonNode.Parse(await host.Text($"/openapi/{surface}.json"))!;
        var paths = document["paths"]!.AsObject().Select(x => x.Key).ToList();
        var schemas = document["components"]!["schemas"]!.AsObject().Select(x => x.Key).ToList();

        Assert.NotEmpty(paths);
        Assert.All(paths, x => Assert.StartsWith(path, x, StringComparison.Ordinal));
        Assert.Equal(surface == "v1", paths.Exists(x => x.StartsWith("/api/v1/", StringComparison.Ordinal)));
        Assert.Contains(schema, schemas);
        Assert.DoesNotContain(otherSchema, schemas);
    }

    [Fact]
    public async Task Reference_ListsEachDocument()
    {
        var page = await host.Text("/docs/");

        Assert.All(ApiSurface.All, x => Assert.Contains(x.Path.TrimStart('/'), page, StringComparison.Ordinal));
    }

    [Fact]
    public void Operations_OfDocumentRoutesAndRows_AreTheSame()
    {
        var routes = ApiDocument.Described(host.Services.GetRequiredService<EndpointDataSource>()).Select(x => $"{ApiDocument.MethodOf(x).ToUpperInvariant()} {ApiDocument.PathOf(x)}");
        var rows = CanonicalRows.All.Concat(OperationsRows.All).Concat(PublishRows.All).Concat(UserRows.All).Select(x => $"{host.Spec.Find(x.Method, x.Path)}").Distinct();
        var document = host.Spec.Operations.Select(x => $"{x}").Order().ToList();
        Assert.Equal(document, routes.Order());
        Assert.Equal(document, rows.Order());
    }

    [Fact]
    public void Inputs_All_HaveLimits()
    {
        var faults = new List<string>();
        foreach (var operation in host.Spec.Operations)
        {
            foreach (var parameter in operation.Node["parameters"]?.AsArray() ?? [])
            {
                Limits($"{operation} {parameter!["name"]}", parameter["schema"]!, faults);
            }
            if (operation.Node["requestBody"]?["content"]?["application/json"]?["schema"] is { } body)
            {
                Limits($"{operation} body", body, faults);
            }
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults.Distinct()));
    }

    void Limits(string where, JsonNode given, List<string> faults)
    {
        var schema = host.Spec.Resolve(given)!;
        foreach (var option in schema["anyOf"]?.AsArray() ?? [])
        {
            Limits(where, option!, faults);
        }
        var types = schema["type"] switch { JsonArray several => several.Select(x => x!.GetValue<string>()).ToArray(), JsonValue one => [one.GetValue<string>()], _ => [] };
        if (types.Contains("string") && schema["maxLength"] is null && schema["enum"] is null)
        {
            faults.Add($"{where}: a text without maxLength");
        }
        if ((types.Contains("integer") || types.Contains("number")) && schema["maximum"] is null)
        {
            faults.Add($"{where}: a number without maximum");
        }
        if (types.Contains("array") && schema["maxItems"] is null)
        {
            faults.Add($"{where}: an array without maxItems");
        }
        if (types.Contains("array") && schema["items"] is JsonObject { Count: > 0 } items)
        {
            Limits($"{where}[]", items, faults);
        }
        foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
        {
            Limits($"{where}.{name}", member!, faults);
        }
    }
}
