using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using JobSystem.Api;
using JobSystem.Client.Operations;
using JobSystem.Support;

namespace JobSystem.Client.Tests;

/// <summary>The client's operations are those of docs/openapi.json, each with all of its parameters.</summary>
public sealed class OperationsTests
{
    /// <summary>Methods that are no operation of their own.</summary>
    static readonly string[] helpers = [nameof(JobOperations.ListAll)];

    static readonly JsonObject document = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "openapi.json")))!.AsObject();

    /// <summary>By the operation's id.</summary>
    static readonly Dictionary<string, Operation> canonical = document["paths"]!.AsObject().Where(x => x.Key.StartsWith("/api/v1/", StringComparison.Ordinal))
        .SelectMany(path => path.Value!.AsObject().Select(x => new Operation(x.Key.ToUpperInvariant(), path.Key, x.Value!.AsObject())))
        .ToDictionary(x => x.Id);

    [Fact]
    public async Task Operations_OfTheDocument_AreAllInTheClient() =>
        Assert.Equal(canonical.Keys.Order(), (await Calls()).Select(x => x.Operation.Id).Distinct().Order());

    [Fact]
    public async Task Operations_OfTheClient_HaveTheParametersOfTheDocument()
    {
        var faults = new List<string>();
        foreach (var (method, operation, request) in await Calls())
        {
            var described = operation.Parameters("query").Order().ToList();
            var sent = request.RequestUri!.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(x => x.Split('=')[0]).Distinct().Order().ToList();
            if (!described.SequenceEqual(sent))
            {
                faults.Add($"{method} ({operation.Id}): expected {string.Join(' ', described)}; got {string.Join(' ', sent)}");
            }
            if (operation.HasBody != (request.Content is not null))
            {
                faults.Add($"{method} ({operation.Id}): expected {(operation.HasBody ? "a body" : "no body")}");
            }
        }
        Assert.Empty(faults);
    }

    /// <summary>Calls each method with something for every parameter, and returns the request that each sends.</summary>
    static async Task<List<(string Method, Operation Operation, HttpRequestMessage Request)>> Calls()
    {
        var calls = new List<(string, Operation, HttpRequestMessage)>();
        foreach (var group in typeof(JobSystemClient).GetProperties().Where(x => x.PropertyType.Namespace == typeof(JobOperations).Namespace))
        {
            foreach (var method in group.PropertyType.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(x => !helpers.Contains(x.Name)))
            {
                var request = await RequestOf(group, method);
                calls.Add(($"{group.Name}.{method.Name}", Find(request), request));
            }
        }
        return calls;
    }

    static async Task<HttpRequestMessage> RequestOf(PropertyInfo group, MethodInfo method)
    {
        HttpRequestMessage? seen = null;
        using var handler = new RecordingHandler(x => seen = x);
        using var client = new JobSystemClient(new JobSystemClientOptions { Url = "http://jobs.example.com/base", ApiKey = "a-key", Patience = TimeSpan.Zero }, handler);
        try
        {
            var returned = method.Invoke(group.GetValue(client), [.. method.GetParameters().Select(x => Something(x.ParameterType))]);
            await (returned is Task task ? task : First((dynamic)returned!));
        }
        catch (JobSystemException)
        {
            // The handler's answer is an error
        }
        return seen ?? throw new InvalidOperationException($"{group.Name}.{method.Name} sent nothing");
    }

    static async Task First<T>(IAsyncEnumerable<T> items)
    {
        await foreach (var _ in items)
        {
            return;
        }
    }

    static object? Something(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare == typeof(CancellationToken) ? CancellationToken.None
            : bare == typeof(string) ? "x1"
            : bare == typeof(Guid) ? Guid.CreateVersion7()
            : bare == typeof(int) ? 1
            : bare == typeof(long) ? 1L
            : bare == typeof(double) ? 1.0
            : bare == typeof(bool) ? true
            : bare == typeof(TimeSpan) ? TimeSpan.FromSeconds(1)
            : bare == typeof(DateTimeOffset) ? DateTimeOffset.UnixEpoch
            : bare == typeof(RawJson) ? RawJson.EmptyObject
            : bare.IsAssignableFrom(typeof(List<string>)) && bare.IsGenericType ? new List<string> { "a", "b" }
            : bare == typeof(IEnumerable<CreateJobRequest>) ? new[] { new CreateJobRequest { TaskName = "x" } }
            : bare.IsGenericType ? null
            : Filled(bare);
    }

    static object Filled(Type record)
    {
        var value = Activator.CreateInstance(record)!;
        foreach (var property in record.GetProperties().Where(x => x.SetMethod is not null))
        {
            property.SetValue(value, Something(property.PropertyType));
        }
        return value;
    }

    static Operation Find(HttpRequestMessage request)
    {
        var path = request.RequestUri!.AbsolutePath;
        Assert.StartsWith("/base/api/v1/", path, StringComparison.Ordinal);
        var segments = path["/base".Length..].Trim('/').Split('/');
        return canonical.Values.Where(x => x.Method == request.Method.Method && x.Fits(segments)).MinBy(x => x.Path.Count(c => c == '{'))
            ?? throw new InvalidOperationException($"{request.Method} {path} is not in the document");
    }

    sealed record Operation(string Method, string Path, JsonObject Node)
    {
        readonly string[] segments = Path.Trim('/').Split('/');

        public string Id => Node["operationId"]!.GetValue<string>();
        public bool HasBody => Node["requestBody"] is not null;

        public bool Fits(string[] path) => path.Length == segments.Length && path.Zip(segments).All(x => x.Second[0] == '{' || x.First == x.Second);

        public IEnumerable<string> Parameters(string place) => (Node["parameters"]?.AsArray() ?? []).Select(x => Resolve(x!.AsObject()))
            .Where(x => x["in"]!.GetValue<string>() == place).Select(x => x["name"]!.GetValue<string>());

        static JsonObject Resolve(JsonObject node) => node["$ref"]?.GetValue<string>() is { } reference
            ? reference.Split('/').Skip(1).Aggregate((JsonNode)document, (some, name) => some[name]!).AsObject()
            : node;
    }

    sealed class RecordingHandler(Action<HttpRequestMessage> seen) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen(request);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError));
        }
    }
}
