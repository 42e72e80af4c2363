using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace JobSystem.Surface.Tests.Fuzz;

/// <summary>Values for a schema of the document: mostly right, at its limits, or wrong.</summary>
sealed class Values(ApiSpec spec, Known known)
{
    const string Plain = "abcXYZ019._-";

    /// <summary>Texts that break what is put together by hand.</summary>
    public static readonly string[] Evil =
    [
        "' OR 1=1 --", "\"; DROP TABLE jobs; --", "1); SELECT pg_sleep(5); --", "%' AND 1=1 AND '%'='", "\\", "%", "_", "*", "$$", "{0}", "${jndi:ldap://127.0.0.1/x}", "<script>alert(1)</script>",
        "../../etc/passwd", "a\0b", "\u202Eevil", "😀", "é", "null", "NaN", "-1", "1e309", "0x10", " ", "\t\r\n", "created_at desc; --", "created_at,id", "[]", "{}", "true", "\uFFFE", new('x', 3000),
    ];

    static readonly string[] times = ["2030-01-31T12:00:00Z", "2031-06-15T10:00:00+02:00", "2023-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2030-02-30T12:00:00Z", "tomorrow", "2030-01-31"];

    static readonly Gen<string> text = Gen.Frequency(
        (6, Gen.String[Gen.Char[Plain], 1, 20]),
        (2, Gen.String[1, 30]),
        (2, Choice.Of(Evil)));

    static readonly Gen<JsonNode?> anything = Anything(3);

    static Gen<JsonNode?> Anything(int depth)
    {
        var leaf = Gen.OneOf(
            text.Select(x => (JsonNode?)x), Gen.Int.Select(x => (JsonNode?)x), Gen.Double.Where(double.IsFinite).Select(x => (JsonNode?)x), Gen.Bool.Select(x => (JsonNode?)x), Gen.Const((JsonNode?)null));
        return depth == 0 ? leaf : Gen.Frequency(
            (3, leaf),
            (1, Anything(depth - 1).Array[0, 3].Select(x => (JsonNode?)new JsonArray([.. x.Select(y => y?.DeepClone())]))),
            (1, Gen.Select(text, Anything(depth - 1)).Array[0, 3].Select(x => (JsonNode?)new JsonObject(x.DistinctBy(y => y.Item1).Select(y => KeyValuePair.Create(y.Item1, y.Item2?.DeepClone()))))));
    }

    public Gen<JsonNode?> Of(string name, JsonObject given)
    {
        var schema = spec.Resolve(given)!;
        var hint = Hint(name);
        var right = hint ?? Right(name, schema);
        return Gen.Frequency((60, right), (3, hint ?? AtLimits(schema) ?? right), (1, anything));
    }

    /// <summary>What a schema cannot say: names of things that exist, times to wait that end.</summary>
    Gen<JsonNode?>? Hint(string name) => name switch
    {
        "task_name" or "job_type" or "func" => Picked("task_name"),
        "queue_name" or "channel" => Picked("queue_name"),
        "job_id" or "ids" or "parent_id" => null,
        "runner_id" => Picked("worker_id"),
        "schedule_id" => Picked("schedule_id"),
        // nobody shall end the only worker
        "command" => Choice.Of("status", "pause", "resume", "reload", "dance").Select(x => (JsonNode?)x),
        "timeout" or "wait_timeout" or "wait" => Choice.Of(0.001, 0.05, 0.2, 0, -1).Select(x => (JsonNode?)x),
        "cron_expression" => Choice.Of("0 0 1 1 *", "@yearly", "0 6 * * MON-FRI", "0 0 31 2 *", "* * * *", "61 * * * *", "0 0 L * *").Select(x => (JsonNode?)x),
        "interval" => Choice.Of("""{"days":1}""", """{"hours":20,"minutes":3}""", """{"days":0}""", """{"weeks":1}""", "{}").Select(x => JsonNode.Parse(x)),
        "schedule_params" => Choice.Of("""{"expression":"0 0 1 1 *"}""", """{"days":2}""", """{"run_at":"2031-01-01T00:00:00Z"}""", """{"expression":7}""", "{}").Select(x => JsonNode.Parse(x)),
        "timezone" => Choice.Of("UTC", "Europe/Berlin", "America/New_York", "Mars/Olympus", "utc").Select(x => (JsonNode?)x),
        // most of what was made stays
        "days_old" => Choice.Of(30, 365, 1.5, 36_501, -1).Select(x => (JsonNode?)x),
        "cursor" => text.Select(x => (JsonNode?)x),
        _ => null,
    };

    Gen<JsonNode?> Picked(string kind) => Gen.Int[0, 1000].Select(x => (JsonNode?)known.Pick(kind, x));

    Gen<JsonNode?> Right(string name, JsonObject schema)
    {
        if (schema["anyOf"] is JsonArray options)
        {
            return Gen.OneOf([.. options.Select(x => Of(name, x!.AsObject()))]);
        }
        if (schema["enum"] is JsonArray words)
        {
            return Choice.Of(words.ToArray()).Select(x => x?.DeepClone());
        }
        var types = schema["type"] switch { JsonArray several => several.Select(x => x!.GetValue<string>()).Where(x => x != "null").ToArray(), JsonValue one => [one.GetValue<string>()], _ => [] };
        return types.FirstOrDefault() switch
        {
            "string" when schema["format"]?.GetValue<string>() == "date-time" => Choice.Of(times).Select(x => (JsonNode?)x),
            "string" when name is "job_id" or "parent_id" => Gen.Frequency((1, Gen.Int[0, 1000].Select(x => (JsonNode?)known.Pick("job_id", x))), (1, Gen.String[Gen.Char[Plain], 1, 20].Select(x => (JsonNode?)x))),
            "string" when schema["pattern"] is not null => Gen.Frequency((4, Gen.String[Gen.Char[Plain], 1, 20]), (1, text)).Select(x => (JsonNode?)x),
            "string" => text.Select(x => (JsonNode?)x),
            "integer" => Gen.Int[Low(schema), (int)Math.Min(int.MaxValue - 1, Math.Max(High(schema), Low(schema)))].Select(x => (JsonNode?)x),
            "number" => Gen.Double[Low(schema), Math.Min(100, High(schema))].Select(x => (JsonNode?)x),
            "boolean" => Gen.Bool.Select(x => (JsonNode?)x),
            "array" => ItemOf(name, schema).Array[0, 4].Select(x => (JsonNode?)new JsonArray([.. x.Select(y => y?.DeepClone())])),
            "object" when schema["properties"] is JsonObject members => Object(schema, members),
            "object" => anything.Array[0, 3].Select(x => (JsonNode?)new JsonObject(x.Select((y, i) => KeyValuePair.Create($"k{i}", y?.DeepClone())))),
            _ => anything,
        };
    }

    Gen<JsonNode?> ItemOf(string name, JsonObject schema) => name == "ids"
        ? Gen.Int[0, 1000].Select(x => (JsonNode?)known.Pick("job_id", x))
        : schema["items"] is JsonObject { Count: > 0 } item ? Of(name is "queue_name" or "task_name" ? name : "", item) : anything;

    static int Low(JsonObject schema) => (int)Math.Max(int.MinValue, schema["minimum"]?.GetValue<double>() ?? 0);

    static double High(JsonObject schema) => schema["maximum"]?.GetValue<double>() ?? 1000;

    static Gen<JsonNode?>? AtLimits(JsonObject schema)
    {
        var edges = new List<JsonNode?>();
        foreach (var limit in (string[])["minimum", "maximum", "exclusiveMinimum"])
        {
            if (schema[limit]?.GetValue<double>() is { } edge)
            {
                edges.AddRange([edge, edge - 1, edge + 1]);
            }
        }
        if (schema["maxLength"]?.GetValue<int>() is { } length and < 10_000)
        {
            edges.AddRange([new string('a', length), new string('a', length + 1), ""]);
        }
        if (schema["maxItems"]?.GetValue<int>() is { } items and < 2_000)
        {
            edges.Add(new JsonArray([.. Enumerable.Repeat("a", items + 1).Select(x => (JsonNode)x)]));
        }
        return edges.Count == 0 ? null : Choice.Of([.. edges]).Select(x => x?.DeepClone());
    }

    Gen<JsonNode?> Object(JsonObject schema, JsonObject members)
    {
        var required = (schema["required"]?.AsArray() ?? []).Select(x => x!.GetValue<string>()).ToHashSet();
        var chosen = members.Select(x => Gen.Select(Gen.Int[0, 99], Of(x.Key, x.Value!.AsObject()))
            .Select((dice, value) => (x.Key, Value: value, Taken: dice < (required.Contains(x.Key) ? 99 : 12)))).ToArray();
        var all = chosen.Aggregate(Gen.Const(Array.Empty<(string Key, JsonNode? Value, bool Taken)>()), (some, next) => Gen.Select(some, next).Select((x, y) => (ValueTuple<string, JsonNode?, bool>[])[.. x, y]));
        return Gen.Select(all, Gen.Int[0, 29], text).Select((values, dice, extra) =>
        {
            var body = new JsonObject(values.Where(x => x.Taken).Select(x => KeyValuePair.Create(x.Key, x.Value?.DeepClone())));
            if (dice == 0)
            {
                body.TryAdd(extra, "not a member");
            }
            return (JsonNode?)body;
        });
    }

    /// <summary>As it stands in a query string or a path.</summary>
    public static string Written(JsonNode? value) => value switch
    {
        null => "",
        JsonValue scalar when scalar.TryGetValue<string>(out var words) => words,
        JsonValue scalar when scalar.TryGetValue<double>(out var number) => number.ToString(CultureInfo.InvariantCulture),
        _ => value.ToJsonString(),
    };

    /// <summary>Percent-encoded also where a text is not well formed.</summary>
    public static string Escaped(string value) => string.Concat(Encoding.UTF8.GetBytes(value).Select(x => char.IsAsciiLetterOrDigit((char)x) || x is (byte)'-' or (byte)'.' or (byte)'_' ? $"{(char)x}" : $"%{x:X2}"));
}
