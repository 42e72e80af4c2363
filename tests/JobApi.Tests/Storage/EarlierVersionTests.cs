using JobSystem.JobApi.Storage.Postgres;
using JobSystem.ServiceDefaults.Audit;
using Npgsql;

namespace JobSystem.JobApi.Tests.Storage;

/// <summary>Instances of an earlier version go on writing while an upgrade is under way. SQLite has one process only.</summary>
public sealed class EarlierVersionTests(PostgresStores database) : JobStoreConformance<PostgresStores>(database)
{
    [Fact]
    public async Task Job_OfAnInstanceThatKnowsNoReadyAt_IsReadyWhenItIsInserted()
    {
        var job = NewJob();
        await Insert(job);
        await InsertAsBefore(job.CorrelationId, columnsSince: ["ready_at", "progress_curve"]);

        Assert.Equal(2, await Database.Number("select count(*) from jobs"));
        const string OfNow = "ready_at > now() - interval '1 minute' and ready_at <= now()";
        Assert.Equal(1, await Database.Number($"select count(*) from jobs where id <> '{job.CorrelationId}' and {OfNow}"));
    }

    /// <summary>It would lose its entry: it does not try again when the next place in the chain is taken.</summary>
    [Fact]
    public async Task Append_WhileAnInstanceThatLocksTheChainIsAtIt_ComesAfterIt()
    {
        var before = (await Database.Audit.Append([Entry("first")], default)).After;
        await using var earlier = await Database.Open();
        await Run(earlier, $"begin; select pg_advisory_xact_lock({PostgresAuditStore.Lock})");

        var append = Database.Audit.Append([Entry("ours")], default);
        await Database.Waiting(1);
        Assert.Equal(before.Id, await Database.Number("select max(id) from audit_entries"));
        await Run(earlier, $"""
            insert into audit_entries (id, entry_key, at, actor, credential, surface, action, outcome, previous_hash, hash)
            values ({before.Id + 1}, gen_random_uuid(), now(), 'theirs', 'key', 'api', 'CancelJob', 'done', '{before.Hash}', 'theirs'); commit
            """);

        Assert.Equal(before.Id + 2, (await append).After.Id);
        Assert.Equal(1, await Database.Number("select count(*) from audit_entries where actor = 'ours' and previous_hash = 'theirs'"));
    }

    static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    static AuditEntry Entry(string actor) => new()
    {
        Key = Guid.CreateVersion7(),
        At = TimeProvider.System.GetUtcNow(),
        Actor = actor,
        Credential = "key",
        Surface = AuditSurface.Api,
        Action = "CancelJob",
        Outcome = AuditOutcome.Done,
    };

    /// <summary>Another job with the same content, written by a version that names no columns which came after it.</summary>
    Task InsertAsBefore(Guid job, string[] columnsSince) => Database.Execute($$"""
        do $$ declare names text; begin
            select string_agg(column_name, ', ') into names from information_schema.columns
            where table_schema = current_schema() and table_name = 'jobs'
                and column_name <> all('{id, {{string.Join(", ", columnsSince)}}}');
            execute format('insert into jobs (id, %1$s) select gen_random_uuid(), %1$s from jobs where id = ''{{job}}''', names);
        end $$
        """);
}
