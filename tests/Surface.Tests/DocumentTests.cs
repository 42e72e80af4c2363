using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace JobSystem.Surface.Tests;

/// <summary>Each call that the four source documents describe, with their own examples.</summary>
public sealed partial class DocumentTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    public static TheoryData<Row> Canonical => [.. CanonicalRows.All];
    public static TheoryData<Row> Operations => [.. OperationsRows.All];
    public static TheoryData<Row> Publish => [.. PublishRows.All];
    public static TheoryData<Row> User => [.. UserRows.All];

    [Theory]
    [MemberData(nameof(Canonical))]
    public Task Canonical_Call_IsAsDocumented(Row row) => Check(row);

    [Theory]
    [MemberData(nameof(Operations))]
    public Task Operations_Call_IsAsDocumented(Row row) => Check(row);

    [Theory]
    [MemberData(nameof(Publish))]
    public Task Publish_Call_IsAsDocumented(Row row) => Check(row);

    [Theory]
    [MemberData(nameof(User))]
    public Task User_Call_IsAsDocumented(Row row) => Check(row);

    async Task Check(Row row)
    {
        try
        {
            await Compare(row);
        }
        finally
        {
            if (row.Path.Contains("worker-sessions", StringComparison.Ordinal))
            {
                await host.EndSessions();
            }
        }
    }

    async Task Compare(Row row)
    {
        var path = row.Path;
        foreach (Match wanted in Placeholder().Matches(path))
        {
            path = path.Replace(wanted.Value, await host.Make(wanted.Groups[1].Value), StringComparison.Ordinal);
        }
        using var request = new HttpRequestMessage(new(row.Method), path) { Content = row.Body is null ? null : new StringContent(row.Body, new MediaTypeHeaderValue("application/json")) };
        var (status, type, json, _) = await host.Send(request);
        Assert.True(status == row.Status, $"expected {row.Status}; got {status} {json}");
        Assert.Null(host.Spec.Fault(host.Spec.Find(row.Method, path), status, type, json));
        if (row.Answer is null)
        {
            Assert.Equal(JsonValueKind.Undefined, json.ValueKind);
            return;
        }
        Shape.Is(row.Answer, json);
        foreach (var (name, value) in row.Says.Select(x => (x[..x.IndexOf('=', StringComparison.Ordinal)], x[(x.IndexOf('=', StringComparison.Ordinal) + 1)..])))
        {
            Assert.Equal(value, Member(json, name).ToString().ToLowerInvariant() is var lower && Member(json, name).ValueKind is JsonValueKind.True or JsonValueKind.False ? lower : Member(json, name).ToString());
        }
    }

    static JsonElement Member(JsonElement json, string path) => path.Split('.').Aggregate(json, (some, name) => some.GetProperty(name));

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder();
}
