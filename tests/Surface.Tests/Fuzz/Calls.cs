using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CsCheck;

namespace JobSystem.Surface.Tests.Fuzz;

/// <summary>A request that the document describes, more or less.</summary>
sealed record Call(ApiOperation Operation, string Path, string? Body, string? Key, bool Stranger)
{
    public HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(new(Operation.Method), Path) { Content = Body is null ? null : new StringContent(Body, new MediaTypeHeaderValue("application/json")) };
        if (Key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", Key);
        }
        return request;
    }

    public override string ToString() => $"{Operation.Method} {Path}{(Key is null ? "" : $" Idempotency-Key: {Key}")}{(Stranger ? " (stranger)" : "")} {Body}";
}

sealed class Calls(ApiSpec spec, Known known)
{
    /// <summary>What a worker over HTTP calls. Each that is there, and answers nothing, would hold up the calls to all workers.</summary>
    static readonly string[] ofWorkers = ["CreateWorkerSession", "ClaimAttempts", "ReportAttempts", "SendHeartbeat", "EnqueueFromAttempt", "EndWorkerSession"];

    /// <summary>They end the only worker, or are called in a test of their own.</summary>
    static readonly string[] apart = ["ShutdownWorker", "PublishShutdownRunner", .. ofWorkers];

    readonly Values values = new(spec, known);

    /// <summary>What makes something is called more often, so that there is something for the others.</summary>
    public Gen<Call> Any => Gen.Frequency([.. spec.Operations.Where(x => !apart.Contains(x.Id)).Select(x => (x.Node["responses"]!["201"] is null ? 1 : 6, (IGen<Call>)Of(x)))]);

    /// <summary>The protocol of workers over HTTP. Most reports and heartbeats have a fault, so there are more of them.</summary>
    public Gen<Call> Worker => Gen.Frequency(
        [.. spec.Operations.Where(x => ofWorkers.Contains(x.Id)).Select(x => (x.Id switch { "ReportAttempts" => 3, "SendHeartbeat" => 2, _ => 1 }, (IGen<Call>)Of(x)))]);

    /// <summary>Whatever is injected where a list is filtered, ordered and paged.</summary>
    public Gen<Call> Lists
    {
        get
        {
            var lists = spec.Operations.Where(x => x.Method == "GET" && Parameters(x, "query").Count > 1 && !x.Id.StartsWith("Stream", StringComparison.Ordinal));
            return Gen.OneOf([.. lists.Select(x => Gen.Select(Choice.Of([.. Parameters(x, "query")]), Choice.Of(Values.Evil), Choice.Of(Values.Evil), Gen.Int[0, 3])
                .Select((parameter, evil, more, dice) => new Call(x, $"{Filled(x, known)}?{parameter["name"]}={Values.Escaped(dice == 0 ? evil + more : evil)}", null, null, false)))]);
        }
    }

    static string Filled(ApiOperation operation, Known known) =>
        string.Join('/', operation.Path.Split('/').Select(x => x.StartsWith('{') ? known.Pick(x.Trim('{', '}'), 0) : x));

    static List<JsonObject> Parameters(ApiOperation operation, string place) =>
        [.. (operation.Node["parameters"]?.AsArray() ?? []).Select(x => x!.AsObject()).Where(x => x["in"]!.GetValue<string>() == place)];

    Gen<Call> Of(ApiOperation operation)
    {
        var path = operation.Path.Split('/').Select(x => x.StartsWith('{') ? Segment(x.Trim('{', '}')) : Gen.Const(x)).Aggregate((a, b) => Gen.Select(a, b).Select((x, y) => $"{x}/{y}"));
        var query = Parameters(operation, "query").Select(Query).Aggregate(Gen.Const(""), (a, b) => Gen.Select(a, b).Select((x, y) => x.Length == 0 ? y : y.Length == 0 ? x : $"{x}&{y}"));
        var key = Parameters(operation, "header").Any(x => x["name"]!.GetValue<string>() == "Idempotency-Key")
            ? Gen.Frequency((8, Gen.Const((string?)null)), (2, Gen.Int[1, 50].Select(x => (string?)$"key {x}"))) : Gen.Const((string?)null);
        return Gen.Select(path, query, Body(operation), key, Gen.Int[0, 24]).Select((at, asked, body, idempotency, dice) =>
            new Call(operation, asked.Length == 0 ? at : $"{at}?{asked}", body, idempotency, dice == 0));
    }

    Gen<string> Segment(string name) => Gen.Frequency(
        (8, Gen.Int[0, 1000].Select(x => known.Pick(name, x))),
        (1, Gen.String[Gen.Char["abc019_"], 1, 30]),
        // a NUL ends the request in the server, before anything of ours
        (1, Choice.Of([.. Values.Evil.Where(x => !x.Contains('\0') && x.Length < 1000)]).Select(Values.Escaped)));

    Gen<string> Query(JsonObject parameter)
    {
        var name = parameter["name"]!.GetValue<string>();
        return Gen.Select(Gen.Int[0, 99], values.Of(name, parameter["schema"]!.AsObject())).Select((dice, value) =>
            dice >= 15 && name != "timeout" ? "" : value is JsonArray several ? string.Join('&', several.Select(x => $"{name}={Values.Escaped(Values.Written(x))}")) : $"{name}={Values.Escaped(Values.Written(value))}");
    }

    Gen<string?> Body(ApiOperation operation)
    {
        if (operation.Node["requestBody"] is not JsonObject body)
        {
            return Gen.Const((string?)null);
        }
        var given = values.Of("", body["content"]!["application/json"]!["schema"]!.AsObject()).Select(x => Completed(operation.Id, x));
        return Gen.Frequency((1, Choice.Of((string?)"{", "", "[]", "\"text\"", new string('[', 100))), (19, given.Select(x => (string?)x)));
    }

    /// <summary>What a schema cannot demand: a time for a schedule, and not to wait for long.</summary>
    static string Completed(string operation, JsonNode? body)
    {
        if (body is JsonObject members && operation == "RunJobSync")
        {
            members.TryAdd("wait_timeout", 0.1);
        }
        if (body is JsonObject claim && operation == "ClaimAttempts")
        {
            claim.TryAdd("wait", 0.1);
        }
        if (body is JsonObject schedule && operation == "CreateSchedule" && !schedule.ContainsKey("interval") && !schedule.ContainsKey("run_at"))
        {
            schedule.TryAdd("cron_expression", "0 6 * * *");
        }
        return body?.ToJsonString() ?? "null";
    }
}
