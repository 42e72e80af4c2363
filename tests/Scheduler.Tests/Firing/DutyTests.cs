using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Tests.Api;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace JobSystem.Scheduler.Tests.Firing;

/// <summary>After an unexpected error in the background, the process and the duty continue.</summary>
public sealed class DutyTests
{
    [Fact]
    public async Task Firing_TablesBrokenAndRepaired_GoesOn()
    {
        await using var host = await SchedulerHost.Start();
        var id = await host.Create("""{"name":"tick","task_name":"echo","interval":{"seconds":1}}""");
        await Eventually.Holds(async () => (await host.Jobs(id)).Count >= 1, TimeSpan.FromSeconds(30));

        await Execute(host, "alter table schedules rename column next_due_at to gone");
        await Eventually.Holds(
            async () => (await host.Send(HttpMethod.Get, "schedules")).Status != System.Net.HttpStatusCode.OK, TimeSpan.FromSeconds(10));
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        await Execute(host, "alter table schedules rename column gone to next_due_at");

        var before = (await host.Jobs(id)).Count;
        await Eventually.Holds(async () => (await host.Jobs(id)).Count >= before + 3, TimeSpan.FromSeconds(60));
    }

    /// <summary>A lone surrogate has no UTF-8: no message could carry it.</summary>
    [Fact]
    public async Task Audit_EntryThatCannotBeWritten_KeepsNoOtherFromBeingSent()
    {
        await using var host = await SchedulerHost.Start();
        var trail = host.Services.GetRequiredService<AuditMessages>();
        await trail.Write(Entry("first", "\ud83d"));
        await trail.Write(Entry("second", "plain"));
        await Eventually.Holds(async () => (await host.Send(HttpMethod.Get, "audit?object_id=second")).Json.GetProperty("items").GetArrayLength() == 1, TimeSpan.FromSeconds(30));
    }

    static AuditEntry Entry(string id, string actor) => new()
    {
        Key = Guid.CreateVersion7(),
        At = TimeProvider.System.GetUtcNow(),
        Actor = actor,
        Credential = "token",
        Surface = "api",
        Action = "test",
        ObjectType = "schedule",
        ObjectId = id,
        Outcome = "done",
    };

    static async Task Execute(SchedulerHost host, string sql)
    {
        await using var context = await host.Services.GetRequiredService<IDbContextFactory<ScheduleDbContext>>().CreateDbContextAsync();
        await context.Database.ExecuteSqlRawAsync(sql);
    }
}
