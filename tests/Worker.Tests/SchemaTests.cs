using System.ComponentModel;
using System.Numerics;
using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.Worker.Tests;

public sealed class SchemaTests
{
    [Fact]
    public void Announce_Parameters_AreDescribedInOrder()
    {
        var schema = Schema(x => x.MapTask("task", ([Description("Who gets it")] string to, int? count, Guid id, BindingTests.Colour colour = BindingTests.Colour.DeepBlue, string note = "x") => to));
        Assert.Equal(["to", "count", "id", "colour", "note"], schema.GetProperty("properties").EnumerateObject().Select(x => x.Name));
        Assert.Equal(["to", "id"], schema.GetProperty("required").EnumerateArray().Select(x => x.GetString()));
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal("""{"type":"string","description":"Who gets it"}""", Property(schema, "to"));
        Assert.Equal(
            """{"type":["integer","null"],"minimum":-2147483648,"maximum":2147483647,"default":null}""", Property(schema, "count"));
        Assert.Equal("""{"type":"string","format":"uuid"}""", Property(schema, "id"));
        Assert.Equal("""{"enum":["red","deep_blue"],"default":"deep_blue"}""", Property(schema, "colour"));
        Assert.Equal("""{"type":"string","default":"x"}""", Property(schema, "note"));
    }

    [Fact]
    public void Announce_Class_DescribesItsMembers()
    {
        var schema = Schema(x => x.MapTask<BindingTests.SendMail>("task"));
        Assert.Equal(["to"], schema.GetProperty("required").EnumerateArray().Select(x => x.GetString()));
        Assert.Equal("""{"type":"string","description":"One line","default":"none"}""", Property(schema, "subject"));
        Assert.Equal(
            """{"type":["integer","null"],"minimum":-2147483648,"maximum":2147483647,"default":null}""", Property(schema, "copies"));
    }

    public sealed record Person(string Name, string? Nickname, int? Age, IReadOnlyList<Person> Friends, double Height = 1.8);

    [Fact]
    public void Announce_NestedNullables_MayBeLeftOut()
    {
        var schema = Schema(x => x.MapTask("task", (Person person) => person.Name)).GetProperty("properties").GetProperty("person");
        Assert.Equal(["name", "friends"], schema.GetProperty("required").EnumerateArray().Select(x => x.GetString()));
        Assert.Equal("""["string","null"]""", schema.GetProperty("properties").GetProperty("nickname").GetProperty("type").GetRawText());
    }

    /// <summary>A type that contains itself is described by a reference, which leads to the right place.</summary>
    [Fact]
    public void Announce_RecursiveType_RefersToItself()
    {
        var schema = ArgumentSchema.Read(Schema(x => x.MapTask("task", (int first, Person person) => person.Name)))!;
        var problem = Assert.Single(schema.Check(null, JsonElement.Parse(
            """{"first":1,"person":{"name":"a","friends":[{"name":"b","friends":[{"name":7,"friends":[]}]}]}}""")));
        Assert.Equal(("kwargs.person.friends[0].friends[0].name", "a string", "7"), (problem.Path, problem.Expected, problem.Got));
    }

    [Theory]
    [InlineData(typeof(BigInteger), """{"type":"integer"}""")]
    [InlineData(typeof(long), """{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}""")]
    [InlineData(typeof(double), """{"type":"number"}""")]
    [InlineData(typeof(float), """{"type":"number","minimum":-3.4028235E+38,"maximum":3.4028235E+38}""")]
    public void Announce_Number_HasItsRange(Type type, string expected)
    {
        var handler = typeof(SchemaTests).GetMethod(nameof(UseValue), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.MakeGenericMethod(type);
        Assert.Equal(
            expected, Property(Schema(x => x.MapTask("task", handler.CreateDelegate(typeof(Action<>).MakeGenericType(type)))), "value"));
    }

    static void UseValue<T>(T value) => Assert.NotNull(value);

    [Fact]
    public void Announce_AnyArguments_AllowsMore() =>
        Assert.True(Schema(x => x.MapTask("task", () => 1).WithAnyArguments()).GetProperty("additionalProperties").GetBoolean());

    [Fact]
    public void Announce_Defaults_AreInSeconds()
    {
        var task = Calls.Compile(
            x => x.MapTask("task", () => Task.CompletedTask).WithVersion("2.1").WithDescription("d").WithQueue("q").WithMaxRetries(7)
            .WithRetryDelay(TimeSpan.FromMinutes(5)).WithTimeout(TimeSpan.FromMinutes(1))).Announcements.Single();
        Assert.Equal(("task", "2.1", "d", "q", 7, 300.0, 60.0, true), (task.Name, task.Version, task.Description, task.Queue, task.MaxRetries, task.RetryDelay, task.Timeout, task.IsAsync));
    }

    static JsonElement Schema(Action<JobTasks> map) => Calls.Compile(map, x => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(x, new BindingTests.Greeting(""))).Announcements.Single().Parameters!.Value;

    static string Property(JsonElement schema, string name) => schema.GetProperty("properties").GetProperty(name).GetRawText();
}
