using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.Worker.Tests;

/// <summary>What a submission is compared with, and that it agrees with the worker that announced it.</summary>
public sealed class ArgumentSchemaTests
{
    public sealed record Order(
        int OrderId, string? Note, IReadOnlyList<string> Lines, BindingTests.Colour Colour = BindingTests.Colour.Red);

    static readonly Delegate handler = (string to, int count, Guid? id, DateTimeOffset at, Order order, double factor = 1) =>
        $"{to}{count}{id}{at}{order}{factor}";

    public static TheoryData<string, string?, string?, string> Cases => new()
    {
        { "fits", """["a",1,null,"2030-01-01T00:00:00Z",{"order_id":1,"lines":[]}]""", null, "" },
        { "by name", null, """{"to":"a","count":1.0,"at":"2030-01-01T00:00:00","order":{"order_id":1e1,"lines":["x"],"colour":"deep_blue"}}""", "" },
        { "mixed", """["a"]""", """{"count":1,"at":"2030-01-01T00:00:00Z","order":{"order_id":1,"lines":[]}}""", "" },
        { "missing", """["a"]""", null, "kwargs.count: an integer from -2147483648 to 2147483647, nothing" },
        { "wrong type", """[7,1]""", null, "args[0]: a string, 7" },
        { "beyond", """["a",2147483648]""", null, "args[1]: an integer from -2147483648 to 2147483647, 2147483648" },
        { "fraction", null, """{"count":1.5}""", "kwargs.count: an integer from -2147483648 to 2147483647, 1.5" },
        { "format", null, """{"id":"x"}""", "kwargs.id: a UUID string or null, \"x\"" },
        { "time", null, """{"at":"today"}""", "kwargs.at: a date and time (RFC 3339 string), \"today\"" },
        { "enum", null, """{"order":{"order_id":1,"lines":[],"colour":"green"}}""", "kwargs.order.colour: one of red, deep_blue, \"green\"" },
        { "unknown", null, """{"cc":1}""", "kwargs.cc: one of to, count, id, at, order, factor, an unknown name" },
        { "too many", """[1,2,3,4,5,6,7]""", null, "args: at most 6 positional arguments, 7" },
        { "twice", """["a"]""", """{"to":"b"}""", "kwargs.to: to once, it twice" },
        { "nested unknown", null, """{"order":{"order_id":1,"lines":[],"x":1}}""", "kwargs.order.x: one of order_id, note, lines, colour, an unknown name" },
        { "nested missing", null, """{"order":{"order_id":1}}""", "kwargs.order.lines: an array, nothing" },
        { "infinite", null, """{"factor":1e400}""", "kwargs.factor: a number, 1e400" },
        { "null", null, """{"to":null}""", "kwargs.to: a string, null" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Check_Arguments_SaysWhatTheWorkerWouldSay(string what, string? args, string? kwargs, string expected)
    {
        var schema = ArgumentSchema.Read(Calls.Compile(x => x.MapTask("task", handler)).Announcements.Single().Parameters)!;
        var problems = schema.Check(args is null ? null : JsonElement.Parse(args), kwargs is null ? null : JsonElement.Parse(kwargs));

        Assert.True(expected.Length == 0 ? problems.Count == 0 : problems.Any(x => $"{x.Path}: {x.Expected}, {x.Got}" == expected), $"{what}: {string.Join("; ", problems)}");
        var report = await Calls.Run(x => x.MapTask("task", handler), args, kwargs);
        Assert.Equal(expected.Length == 0 ? AttemptStep.Completed : AttemptStep.Failed, report.Step);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/properties/a"}}}""", """{"a":1}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"https://example.com/other.json"}}}""", """{"a":1}""")]
    [InlineData("""{"type":"object","properties":{"a":{"anyOf":[{"$ref":"#/properties/a"},{"$ref":"#/properties/a"}]}}}""", """{"a":1}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","pattern":"(?<!x)y"}}}""", """{"a":"z"}""")]
    [InlineData("""{"type":"object","properties":{"a":{"unheardOf":true}}}""", """{"a":[1]}""")]
    [InlineData("""{"type":"object","additionalProperties":false,"patternProperties":{"^x":{}}}""", """{"xa":1}""")]
    [InlineData("""{"type":"object","properties":{"message_id":{"type":"string"}},"additionalProperties":false}""", """{"messageId":"x"}""")]
    [InlineData("""{"type":5,"properties":[1],"required":7,"additionalProperties":"no"}""", """{"a":1}""")]
    [InlineData("""{"properties":{"a":true,"b":{"type":"string","nullable":true}}}""", """{"a":1,"b":null}""")]
    public void Check_SchemaThatSaysNothingAboutIt_Allows(string schema, string kwargs) =>
        Assert.Empty(ArgumentSchema.Read(JsonElement.Parse(schema))!.Check(null, JsonElement.Parse(kwargs)));

    [Theory]
    [InlineData("""{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]}}}""", """{"a":1.5}""", "kwargs.a: a string or an integer, 1.5")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"number","minimum":0,"maximum":1}}}""", """{"a":2}""", "kwargs.a: a number from 0 to 1, 2")]
    [InlineData("""{"properties":{"a":{"type":"string","maxLength":1,"minLength":1}}}""", """{"a":"\ud83d\ude00\ud83d\ude00"}""", "kwargs.a: a string of one character, \"\ud83d\ude00\ud83d\ude00\"")]
    [InlineData("""{"properties":{"a":{"const":5}}}""", """{"a":6}""", "kwargs.a: 5, 6")]
    [InlineData("""{"properties":{"a":{"type":"object","additionalProperties":{"type":"boolean"}}}}""", """{"a":{"b":1}}""", "kwargs.a.b: true or false, 1")]
    [InlineData("""{"required":["a"],"properties":{"a":{"type":["array","null"]}}}""", """{}""", "kwargs.a: an array or null, nothing")]
    public void Check_Keyword_IsKept(string schema, string kwargs, string expected)
    {
        var problem = Assert.Single(ArgumentSchema.Read(JsonElement.Parse(schema))!.Check(null, JsonElement.Parse(kwargs)));
        Assert.Equal(expected, $"{problem.Path}: {problem.Expected}, {problem.Got}");
    }
}
