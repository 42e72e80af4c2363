using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresCatalogueTests(PostgresStores database) : CatalogueConformance<PostgresStores>(database);

public sealed class SqliteCatalogueTests(SqliteStores database) : CatalogueConformance<SqliteStores>(database);

public abstract class CatalogueConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    [Fact]
    public async Task AddQueue_OnlyTheFirstTimeIsNew()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => (n % 2 == 0 ? Store : Other).AddQueue("mails", default)));

        Assert.Single(added, x => x);
        Assert.True(await Store.AddQueue("abc", default));
        Assert.Equal(["abc", "mails"], await Other.QueueNames(default));
    }

    [Fact]
    public async Task AddQueuedTasks_AgainAndFromManySides_AreThereOnce()
    {
        QueuedTask plain = new("mails", "send", null), versioned = plain with { Version = "2.0" };

        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => (n % 2 == 0 ? Store : Other).AddQueuedTasks(n % 3 == 0 ? [versioned, plain, versioned] : [plain], default)));

        Assert.Equal([plain, versioned], (await Other.QueuedTasks(default)).OrderBy(x => x.Version));
    }

    [Fact]
    public async Task Tasks_Announcement_IsFoundAgainAsItWas()
    {
        var task = Announced("resize") with { Description = "ü \"quoted\"", Queue = "images", MaxRetries = 7 };

        await Store.AnnounceTasks("w1", [task], default);

        var known = Assert.Single(await Other.Tasks(default));
        Assert.Equivalent(task, known.Task, strict: true);
        Assert.Equal(["w1"], known.Workers);
        Assert.Equal(TimeProvider.System.GetUtcNow(), known.FirstSeenAt, TimeSpan.FromSeconds(10));
        Assert.Equal(known.FirstSeenAt, known.LastSeenAt);
    }

    [Fact]
    public async Task Tasks_AnnouncedAgain_IsRefreshed()
    {
        await Store.AnnounceTasks("w1", [Announced("a"), Announced("a"), Announced("b")], default);
        await Store.AnnounceTasks("w2", [Announced("a") with { Description = "better" }], default);

        var tasks = await Store.Tasks(default);

        Assert.Equal(["a", "b"], tasks.Select(x => x.Task.Name));
        Assert.Equal("better", tasks[0].Task.Description);
        Assert.Equal(["w1", "w2"], tasks[0].Workers.Order());
        Assert.True(tasks[0].LastSeenAt > tasks[0].FirstSeenAt);
        Assert.Equal(["w1"], tasks[1].Workers);
    }

    [Fact]
    public async Task Tasks_Schemas_AreKnownForEachWorker()
    {
        var (a, b) = (Announced("a") with { Parameters = JsonElement.Parse("""{"type": "object"}""") }, Announced("a") with { Parameters = JsonElement.Parse("{}") });
        await Store.AnnounceTasks("w1", [a], default);
        await Store.AnnounceTasks("w2", [a with { Parameters = null }], default);
        await Store.AnnounceTasks("w3", [a], default);
        await Store.AnnounceTasks("w4", [b], default);

        var known = Assert.Single(await Other.Tasks(default));
        Assert.Equal([KnownTasks.ParametersHash(a), null, KnownTasks.ParametersHash(a), KnownTasks.ParametersHash(b)], known.Schemas);
        Assert.Equal(KnownTasks.ParametersHash(b), KnownTasks.ParametersHash(known.Task));

        await Store.AnnounceTasks("w4", [a], default);
        Assert.Equal(KnownTasks.ParametersHash(a), (await Store.Tasks(default))[0].Schemas[3]);
    }

    [Fact]
    public async Task Tasks_Versions_AreTasksOfTheirOwn_NewestAnnouncementFirst()
    {
        await Store.AnnounceTasks("w1", [Announced("a", "1.0")], default);
        await Store.AnnounceTasks("w1", [Announced("a", "2.0")], default);

        Assert.Equal(["2.0", "1.0"], (await Store.Tasks(default)).Select(x => x.Task.Version));
    }

    [Fact]
    public async Task Tasks_FromManyWorkersAtOnce_AreAllThere()
    {
        var names = Enumerable.Range(0, 20).Select(n => $"task{n:00}").ToList();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(n =>
            (n % 2 == 0 ? Store : Other).AnnounceTasks($"w{n}", [.. (n % 3 == 0 ? names : Enumerable.Reverse(names)).Select(x => Announced(x))], default)));

        var tasks = await Store.Tasks(default);
        Assert.Equal(names, tasks.Select(x => x.Task.Name).Order());
        Assert.All(tasks, x => Assert.Equal(10, x.Workers.Count));
    }

    [Fact]
    public async Task Tasks_OfAWorkerThatWasNotSeenForLong_StayWithoutIt()
    {
        await Store.AnnounceTasks("w1", [Announced("a")], default);
        await Store.AnnounceTasks("w2", [Announced("a")], default);
        await Database.Execute($"update task_workers set last_seen_at = {LongAgo} where worker_id = 'w1'");

        Assert.Equal(["w2"], Assert.Single(await Store.Tasks(default)).Workers);
        await Store.AnnounceTasks("w2", [Announced("a")], default);
        Assert.Equal(1, await Database.Number("select count(*) from task_workers"));
    }

    // Both databases have the epoch; only the column's type differs
    static string LongAgo => typeof(TDatabase) == typeof(PostgresStores) ? "'1970-01-02'" : "1";

    static AnnouncedTask Announced(string name, string version = "1.0") => new() { Name = name, Version = version, IsAsync = true };
}
