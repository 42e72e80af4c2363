using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Access;

[Collection(Stack.Name)]
public sealed class When_credentials_are_used(SharedStack stack) : Journey(stack)
{
    static readonly string[] places = ["api/v1/jobs", "api/v1/schedules", "api/v1/info", "jobs", "schedules", "api/jobs/list"];
    readonly SharedStack stack = stack;

    [Fact]
    public async Task Should_keep_no_key_and_no_token_in_database_broker_or_log()
    {
        var owner = Deployment.Label("canary");
        using var issued = await stack.Client.Raw(HttpMethod.Post, "api/v1/api-keys", new { name = owner });
        var key = JsonElement.Parse(await issued.Content.ReadAsStringAsync()).GetProperty("key").GetString()!;
        var token = Token(owner);
        foreach (var place in places)
        {
            Assert.Equal(HttpStatusCode.OK, await Get(place, ("X-API-Key", key)));
            Assert.Equal(HttpStatusCode.OK, await Get(place, ("Authorization", $"Bearer {token}")));
            Assert.Equal(HttpStatusCode.Unauthorized, await Get(place, ("X-API-Key", key + "0")));
            Assert.Equal(HttpStatusCode.Unauthorized, await Get(place, ("Authorization", $"Bearer {token}x")));
        }
        // its use is noted a moment later
        await Eventually.Holds(async () => (await Found(owner)).Count > 0, TimeSpan.FromSeconds(30), "the owner is in a file of the stack");
        Assert.Empty(await Found(key));
        Assert.Empty(await Found(key[12..]));
        Assert.Empty(await Found(token.Split('.')[2]));
    }

    [Theory]
    [InlineData("openapi/v1.json", "openapi.json")]
    [InlineData("openapi/operations.json", "openapi/operations.json")]
    [InlineData("openapi/publish.json", "openapi/publish.json")]
    [InlineData("openapi/user.json", "openapi/user.json")]
    public async Task Should_serve_the_committed_documents_at_the_gateway(string path, string file)
    {
        using var answer = await stack.Client.Raw(HttpMethod.Get, path);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Support.Repository.Root, "docs", file)), await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Every operation of the documents, at the gateway and at each service behind it: where the service has it, it asks who is calling.</summary>
    [Fact]
    public async Task Should_refuse_strangers_everywhere()
    {
        var docs = Path.Combine(Support.Repository.Root, "docs");
        var operations = Directory.EnumerateFiles(Path.Combine(docs, "openapi")).Append(Path.Combine(docs, "openapi.json"))
            .SelectMany(file => JsonElement.Parse(File.ReadAllText(file)).GetProperty("paths").EnumerateObject())
            .SelectMany(path => path.Value.EnumerateObject().Where(x => x.Name is "get" or "post" or "put" or "delete" or "patch").Select(x => (Method: new HttpMethod(x.Name.ToUpperInvariant()), Path: path.Name.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal))))
            .ToList();
        Assert.True(operations.Count > 100);
        foreach (var (method, path) in operations)
        {
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, await Stranger(stack.Client.Address, method, path)));
            var behind = new List<HttpStatusCode>();
            foreach (var service in (string[])["jobapi-1", "scheduler-1", "monitoring-1"])
            {
                behind.Add(await Stranger(stack.AddressOf(service), method, path));
            }
            Assert.Contains(HttpStatusCode.Unauthorized, behind);
            Assert.All(behind, x => Assert.True(x is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed, $"{method} {path}: {x}"));
        }
    }

    static async Task<HttpStatusCode> Stranger(Uri at, HttpMethod method, string path)
    {
        using var http = new HttpClient { BaseAddress = at };
        using var request = new HttpRequestMessage(method, path);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    async Task<HttpStatusCode> Get(string path, (string Name, string Value) credential)
    {
        using var http = new HttpClient { BaseAddress = stack.Client.Address };
        http.DefaultRequestHeaders.Add(credential.Name, credential.Value);
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }

    /// <summary>Files of servers and services, their logs among them, that have the text.</summary>
    async Task<List<string>> Found(string text)
    {
        var start = new ProcessStartInfo("grep") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["-rlaF", "-e", text, stack.DataFolder, Path.Combine(stack.DataFolder, "postgres") + "/"])
        {
            start.ArgumentList.Add(argument);
        }
        using var grep = Process.Start(start)!;
        var files = await grep.StandardOutput.ReadToEndAsync();
        await grep.WaitForExitAsync();
        return [.. files.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    string Token(string subject)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var head = Part("""{"alg":"HS256","typ":"JWT"}""");
        var body = Part(string.Create(CultureInfo.InvariantCulture, $$"""{"sub":"{{subject}}","iss":"{{stack["Auth__Jwt__Issuer"]}}","aud":"{{stack["Auth__Jwt__Audience"]}}","iat":{{now}},"exp":{{now + 600}}}"""));
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(stack["Auth__Jwt__SigningKey"]), Encoding.ASCII.GetBytes($"{head}.{body}"));
        return $"{head}.{body}.{System.Buffers.Text.Base64Url.EncodeToString(signature)}";
    }

    static string Part(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
