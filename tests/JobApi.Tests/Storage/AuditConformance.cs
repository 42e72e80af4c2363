using System.Data.Common;
using JobSystem.JobApi.Audit;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Postgres;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.Support;
using Npgsql;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class SqliteAuditTests : AuditConformance<SqliteStores>;

public sealed class PostgresAuditTests : AuditConformance<PostgresStores>
{
    /// <summary>The role that made the table may read it and add to it, and nothing else.</summary>
    [Fact]
    public async Task Change_AsTheServicesRole_IsNotPermitted()
    {
        var server = await PostgresServer.Shared();
        await using var database = await server.CreateDatabase();
        await Database.Execute($"create role {database.Name} login; alter database {database.Name} owner to {database.Name}");
        var url = new UriBuilder(database.Url) { UserName = database.Name }.Uri.ToString();
        await using (var source = JobsDatabase.HotSource(url, "tests"))
        {
            await PostgresStores.Open(url, source).Migrate(default);
            await new PostgresAuditStore(source).Append([Entry("kept")], default);
            foreach (var sql in (string[])["update audit_entries set actor = 'x'", "delete from audit_entries", "truncate audit_entries", "insert into audit_entries select * from audit_entries on conflict (id) do update set actor = 'x'"])
            {
                await using var command = source.CreateCommand(sql);
                Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState);
            }
        }
        await using var drop = NpgsqlDataSource.Create(database.ConnectionString);
        await using var owned = drop.CreateCommand($"reassign owned by {database.Name} to current_user");
        await owned.ExecuteNonQueryAsync();
        await Database.Execute($"alter database {database.Name} owner to current_user; drop role {database.Name}");
    }
}

/// <summary>The chain of entries, on a database of its own for each test.</summary>
public abstract class AuditConformance<TDatabase> : IAsyncLifetime where TDatabase : class, ITestStores, new()
{
    protected TDatabase Database { get; } = new();

    public Task InitializeAsync() => Database.InitializeAsync();

    public Task DisposeAsync() => Database.DisposeAsync();

    [Fact]
    public async Task Append_WhatNoDatabaseTakes_IsKeptAndVerified()
    {
        await Database.Audit.Append([Entry("nul \0 and half \ud83d of a pair") with { Details = """{"reason":"ä"}""", Status = 409, ObjectId = new('x', 500) }], default);
        await Database.Audit.Append([Entry("second") with { At = new(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(5)) }], default);

        Assert.Equal(new(2, null, await End()), await Verify());
    }

    [Fact]
    public async Task Append_SameKeyAgain_KeepsOne()
    {
        var entry = Entry("once");
        await Database.Audit.Append([entry, entry], default);
        await Database.OtherAudit.Append([Entry("between"), entry], default);

        Assert.Equal(2, (await Verify()).Entries);
    }

    [Fact]
    public async Task Append_TwoProcessesAtOnce_KeepOneChain()
    {
        var writers = new[] { Database.Audit, Database.OtherAudit }.Select((store, number) => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                await store.Append([Entry($"{number}-{i}-a"), Entry($"{number}-{i}-b")], default);
            }
        }));
        await Task.WhenAll(writers);

        Assert.Equal(new(160, null, await End()), await Verify());
        Assert.Equal(160, await Database.Number("select count(distinct actor) from audit_entries"));
        Assert.Equal(160, await Database.Number("select max(id) from audit_entries"));
    }

    [Theory]
    [InlineData("update audit_entries set actor = 'x'")]
    [InlineData("delete from audit_entries where id = 1")]
    [InlineData("insert into audit_entries select * from audit_entries where id = 1")]
    public async Task Change_IsRefused(string sql)
    {
        await Database.Audit.Append([Entry("first"), Entry("second")], default);

        await Assert.ThrowsAnyAsync<DbException>(() => Database.Execute(sql));
        if (Database is SqliteStores)
        {
            await Assert.ThrowsAnyAsync<DbException>(() => Database.Execute(sql.Replace("insert into", "insert or replace into", StringComparison.Ordinal)));
        }
        Assert.Equal(new(2, null, await End()), await Verify());
    }

    [Theory]
    [InlineData("update audit_entries set actor = 'somebody else' where id = 3", 3, "its values do not give its hash")]
    [InlineData("update audit_entries set details = null where id = 1", 1, "its values do not give its hash")]
    [InlineData("delete from audit_entries where id = 3", 3, "entry 4 follows entry 2")]
    [InlineData("delete from audit_entries where id = 1", 1, "the trail begins with entry 2")]
    [InlineData("delete from audit_entries where id = 6", 6, "the trail ended with entry 6")]
    [InlineData("delete from audit_entries", 1, "the trail ended with entry 6")]
    [InlineData("update audit_entries set hash = previous_hash where id = 4", 4, "its values do not give its hash")]
    public async Task Verify_Tampered_NamesTheEntry(string sql, long id, string reason)
    {
        var seen = await Fill();
        Assert.Equal(new(6, null, seen), await Verify(seen));

        await Database.Execute($"{Database.Unprotect}; {sql}");

        var broken = (await Verify(seen)).Broken;
        Assert.Equal(id, broken?.Id);
        Assert.Contains(reason, broken!.Reason, StringComparison.Ordinal);
    }

    /// <summary>Whoever knows the rule can give a forged entry the right hash; then the next one does not follow it any more.</summary>
    [Fact]
    public async Task Verify_EntryWrittenAnew_IsFoundByTheNext()
    {
        await Fill();
        var rows = await new AuditQueries(Database.Queries).Chain(0, 10, default);
        var forged = AuditRow.After(new(rows[2].Id, rows[2].Hash), Entry("forged"));

        await Database.Execute($"{Database.Unprotect}; delete from audit_entries where id = 4");
        await Database.Execute($"insert into audit_entries select 4, entry_key, at, '{forged.Actor}', credential, surface, action, object_type, object_id, address, outcome, status, code, details, trace_id, '{rows[2].Hash}', '{forged.Hash}' from audit_entries where id = 5"
            .Replace("entry_key,", Database is SqliteStores ? "randomblob(16)," : "gen_random_uuid(),", StringComparison.Ordinal));

        var broken = (await Verify()).Broken!;
        Assert.True(broken.Id == 4, broken.ToString());
    }

    /// <summary>After the oldest were moved to an archive, the rest is checked from the last of those on.</summary>
    [Fact]
    public async Task Verify_BehindAnArchive_IsValid()
    {
        var end = await Fill();
        var archived = (await new AuditQueries(Database.Queries).Chain(1, 1, default)).Single();
        await Database.Execute($"{Database.Unprotect}; delete from audit_entries where id <= 2");

        Assert.Equal(1, (await Verify()).Broken?.Id);
        Assert.Equal(new(4, null, end), await Verify(archived: new(archived.Id, archived.Hash)));
    }

    protected static AuditEntry Entry(string actor) => new()
    {
        Key = Guid.CreateVersion7(),
        At = TimeProvider.System.GetUtcNow(),
        Actor = actor,
        Credential = "token",
        Surface = AuditSurface.Api,
        Action = "CancelJob",
        Outcome = AuditOutcome.Done,
        Details = """{"reason":"enough"}""",
    };

    async Task<AuditHead> Fill() => (await Database.Audit.Append([.. Enumerable.Range(1, 6).Select(x => Entry($"actor {x}"))], default)).After;

    async Task<AuditHead> End() => (await Database.Audit.Append([], default)).After;

    Task<AuditVerificationResult> Verify(AuditHead? seen = null, AuditHead? archived = null) =>
        new AuditVerification(new(Database.Queries)).Walk(archived ?? AuditHead.None, seen ?? AuditHead.None, default);
}
