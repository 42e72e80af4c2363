using System.Net;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class TaskTests(SharedHost shared)
{
    readonly JobApiHost api = shared.Host;

    [Fact]
    public async Task List_ShowsEveryMember()
    {
        var answer = (await api.Get("tasks")).Expect(HttpStatusCode.OK);
        var echo = answer.GetProperty("items").EnumerateArray().Single(x => x.GetProperty("name").GetString() == "echo");
        Assert.Equal(
            ["name", "description", "is_async", "timeout", "max_retries", "retry_delay", "queue", "version", "parameters", "workers", "last_seen_at"],
            echo.EnumerateObject().Select(x => x.Name));
        Assert.Equal(1, echo.GetProperty("workers").GetArrayLength());
        Assert.Equal(JsonValueKind.Object, echo.GetProperty("parameters").ValueKind);
        Assert.True(answer.GetProperty("total").GetInt32() >= 4);
        Assert.Equal(1, (await api.Get("tasks?limit=1&offset=1")).Expect(HttpStatusCode.OK).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Get_Version_PicksIt()
    {
        await Announce("multi", "1.9", "1.10");
        Assert.Equal("1.10", (await api.Get("tasks/multi")).Expect(HttpStatusCode.OK).GetProperty("version").GetString());
        Assert.Equal("1.9", (await api.Get("tasks/multi?version=1.9")).Expect(HttpStatusCode.OK).GetProperty("version").GetString());
        var reply = await api.Get("tasks/multi?version=2");
        reply.Refused(HttpStatusCode.NotFound, "task_version_not_found");
        Assert.Equal("Task version not found: multi 2; known: 1.10, 1.9", reply.Detail);
    }

    [Fact]
    public async Task Submit_JustAnnounced_IsAccepted()
    {
        var name = $"new.{Guid.CreateVersion7():N}";
        await Announce(name, "1.0");
        await api.Submit($$"""{"task_name":"{{name}}","version":"1.0","delay":60}""");
    }

    [Fact]
    public async Task Get_Unknown_Is404() => (await api.Get("tasks/nope")).Refused(HttpStatusCode.NotFound, "task_not_found");

    [Fact]
    public async Task List_UnknownParameter_IsRefused() => Assert.Equal("unknown parameter; expected limit, offset", (await api.Get("tasks?colour=red")).About("colour"));

    Task Announce(string name, params string[] versions) => api.Services.GetRequiredService<TaskRegistry>().Announce(
        "w-test", [.. versions.Select(version => new AnnouncedTask { Name = name, Version = version, IsAsync = true })], CancellationToken.None);
}
