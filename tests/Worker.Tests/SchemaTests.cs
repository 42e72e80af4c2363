using System.ComponentModel;
using System.Text.Json;

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
        Assert.Equal("""{"type":["integer","null"],"default":null}""", Property(schema, "count"));
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
        Assert.Equal("""{"type":["integer","null"],"default":null}""", Property(schema, "copies"));
    }

    [Fact]
    public void Announce_AnyArguments_AllowsMore() => Assert.True(Schema(x => x.MapTask("task", () => 1).WithAnyArguments()).GetProperty("additionalProperties").GetBoolean());

    [Fact]
    public void Announce_Defaults_AreInSeconds()
    {
        var task = Calls.Compile(x => x.MapTask("task", () => Task.CompletedTask).WithVersion("2.1").WithDescription("d").WithQueue("q").WithMaxRetries(7)
            .WithRetryDelay(TimeSpan.FromMinutes(5)).WithTimeout(TimeSpan.FromMinutes(1))).Announcements.Single();
        Assert.Equal(("task", "2.1", "d", "q", 7, 300.0, 60.0, true), (task.Name, task.Version, task.Description, task.Queue, task.MaxRetries, task.RetryDelay, task.Timeout, task.IsAsync));
    }

    static JsonElement Schema(Action<JobTasks> map) => Calls.Compile(map, x => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(x, new BindingTests.Greeting(""))).Announcements.Single().Parameters!.Value;

    static string Property(JsonElement schema, string name) => schema.GetProperty("properties").GetProperty(name).GetRawText();
}
