using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Sqlite;
using JobSystem.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace JobSystem.JobApi.Tests.Storage;

/// <summary>Databases of the earlier version, in which one column meant several things, keep what they say.</summary>
public sealed class MigrationTests
{
    static readonly DateTimeOffset moment = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    static readonly Guid parked = Guid.CreateVersion7(), confirmed = Guid.CreateVersion7(), running = Guid.CreateVersion7(), half = Guid.CreateVersion7();
    static readonly Guid ended = Guid.CreateVersion7(), waiting = Guid.CreateVersion7(), child = Guid.CreateVersion7();

    /// <summary>The job, its state, and what else it has: column and value.</summary>
    static readonly (Guid Id, string State, (string Column, object Value)[] Columns)[] earlier =
    [
        (parked, "pending", [("dispatched_at", DateTimeOffset.UnixEpoch), ("updated_at", moment.AddMinutes(1))]),
        (confirmed, "pending", [("dispatched_at", moment.AddSeconds(5))]),
        (waiting, "pending", [("pinned_to", "*")]),
        (half, "running", [("pinned_to", "*"), ("worker_id", "*"), ("attempt", 1), ("result", Children)]),
        (running, "running", [("pinned_to", "*"), ("worker_id", "*"), ("attempt", 1), ("result", Children), ("dispatched_at", moment.AddSeconds(7))]),
        (ended, "completed", [("pinned_to", "*"), ("worker_id", "*"), ("attempt", 1), ("result", """{"children":[]}"""), ("dispatched_at", moment), ("completed_at", moment)]),
        (child, "running", [("pinned_to", "w1"), ("worker_id", "w1"), ("attempt", 1), ("dispatched_at", moment)]),
    ];

    const string Children = """{"children":[{"job_id":"0193a1e0-0000-7000-8000-000000000001","worker_id":"w1","worker_name":"one"}]}""";

    [Fact]
    public async Task Postgres_OfTheEarlierVersion_IsMigrated()
    {
        await using var database = await (await PostgresServer.Shared()).CreateDatabase();
        var contexts = new PostgresStores.Contexts(database.Url);
        await using var source = JobsDatabase.HotSource(database.Url, "tests");
        await Migrate(contexts, "20261128180000_ReadyAtOfEarlierVersions", value => value switch
        {
            Guid id => $"'{id}'",
            DateTimeOffset at => $"'{at:O}'",
            _ => Quoted(value),
        });
        await AssertMigrated(PostgresStores.Open(database.Url, source));
    }

    [Fact]
    public async Task Sqlite_OfTheEarlierVersion_IsMigrated()
    {
        using var folder = TemporaryFolder.Create("migration");
        var connection = StorageRegistration.SqliteConnectionString(folder.At("jobs.db"));
        var contexts = new SqliteStores.Contexts(connection);
        await Migrate(contexts, "20261128143316_LogFieldsAndProgressCurve", value => value switch
        {
            Guid id => $"x'{Convert.ToHexString(id.ToByteArray(bigEndian: true))}'",
            DateTimeOffset at => $"{UnixTime.Microseconds(at)}",
            _ => Quoted(value),
        });
        using var store = new SqliteJobStore(connection, contexts, TimeProvider.System);
        await AssertMigrated(store);
    }

    static async Task Migrate<T>(IDbContextFactory<T> contexts, string from, Func<object, string> literal) where T : DbContext
    {
        await using var context = await contexts.CreateDbContextAsync();
        await context.GetService<IMigrator>().MigrateAsync(from);
        foreach (var (id, state, own) in earlier)
        {
            (string Column, object Value)[] all =
            [
                ("id", id), ("version", 1), ("state", state), ("task_name", "echo"), ("queue_name", "default"), ("priority", 2), ("owner", "ann"), ("created_at", moment),
                ("max_retries", 3), ("retry_delay", 60), ("timeout_seconds", 300), ("retry_count", 0), ("lost_count", 0), ("lost_attempt", 0), ("ready_at", moment), ("progress", 0),
            ];
            (string Column, object Value)[] defaults = [("attempt", 0), ("updated_at", moment)];
            var columns = all.Concat(own).Concat(defaults.Where(x => !own.Any(y => y.Column == x.Column))).ToList();
            var sql = $"insert into jobs ({string.Join(", ", columns.Select(x => x.Column))}) values ({string.Join(", ", columns.Select(x => literal(x.Value)))})";
            await using var command = context.Database.GetDbConnection().CreateCommand();
            command.CommandText = sql;
            await context.Database.OpenConnectionAsync();
            await command.ExecuteNonQueryAsync();
            await context.Database.CloseConnectionAsync();
        }
    }

    static string Quoted(object value) => value is string text ? $"'{text}'" : $"{value}";

    static async Task AssertMigrated(IJobStore store)
    {
        await store.Migrate(default);
        await AssertJob(store, parked, new { IsBroadcast = false, PinnedTo = (string?)null });
        await AssertJob(store, confirmed, new { IsBroadcast = false, PinnedTo = (string?)null });
        await AssertJob(store, waiting, new { IsBroadcast = true, PinnedTo = (string?)null, Children = (string?)null });
        await AssertJob(store, half, new { IsBroadcast = true, WorkerId = (string?)null, Children, Result = (string?)null, ChildrenInsertedAt = (DateTimeOffset?)null });
        await AssertJob(store, running, new { IsBroadcast = true, Children, Result = (string?)null, ChildrenInsertedAt = (DateTimeOffset?)moment.AddSeconds(7) });
        await AssertJob(store, ended, new { IsBroadcast = true, CurrentState = JobStatus.Completed, Children = (string?)null, Result = """{"children":[]}""", PinnedTo = (string?)null });
        await AssertWaiting(store);
        await AssertJob(store, child, new { IsBroadcast = false, PinnedTo = "w1", WorkerId = "w1" });
    }

    /// <summary>Whatever became of their tickets, the jobs that wait are found.</summary>
    static async Task AssertWaiting(IJobStore store)
    {
        Assert.Contains(new("default", "echo", null), await store.QueuedTasks(default));
        var claimed = await store.Claim(new()
        {
            Levels = [.. WaitingLevel.AllOf(new("default", "echo", null)).Select(x => (x, DateTimeOffset.UnixEpoch))],
            Queues = ["default"],
            Workers = ["w1", "w2", "w3"],
            Now = moment.AddMinutes(1),
            LeaseUntil = moment.AddMinutes(2),
        }, default);
        Assert.Equal(new[] { parked, confirmed }.Order(), claimed.Jobs.Select(x => x.CorrelationId).Order());
    }

    static async Task AssertJob(IJobStore store, Guid id, object expected) => Assert.Equivalent(expected, await store.Find(id, default));
}
