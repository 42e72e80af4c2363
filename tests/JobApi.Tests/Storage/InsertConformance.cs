using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tests.Jobs;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresInsertTests(PostgresStores database) : InsertConformance<PostgresStores>(database);

public sealed class SqliteInsertTests(SqliteStores database) : InsertConformance<SqliteStores>(database);

public abstract class InsertConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    [Fact]
    public async Task Insert_EveryMember_IsFoundAgain()
    {
        var parent = Guid.CreateVersion7();
        var job = await Insert(x =>
        {
            (x.CorrelationId, x.Key, x.TaskVersion, x.QueueName, x.Priority, x.Owner) = (Guid.CreateVersion7(), "order:17", "2.1", "mails", 4, "bob");
            (x.Args, x.Kwargs, x.Metadata) = ("[1, \"ü\"]", """{"a":{"b":null}}""", """{"m":1.50}""");
            (x.Tags, x.Title, x.Description) = (["a", "b \"c\" \\ {d},e", "ünï"], "Title", "Description\nwith 2 lines");
            (x.ScheduledAt, x.ExpiresAt, x.NotBefore, x.DueAt) = (Moment.AddMinutes(1), Moment.AddDays(1), Moment.AddMinutes(1), Moment.AddMinutes(1));
            (x.MaxRetries, x.RetryDelay, x.TimeoutSeconds) = (7, 1.5, 0.25);
            (x.IdempotencyKey, x.RequestHash, x.Traceparent, x.ParentId, x.ScheduleId) = ("k1", [1, 2, 255], "00-aa-bb-01", parent, "nightly");
        });

        var found = await Find(job.CorrelationId);

        Assert.Equivalent(
            new
            {
                job.CorrelationId,
                Version = 1,
                CurrentState = "pending",
                job.Key,
                job.TaskName,
                job.TaskVersion,
                job.QueueName,
                job.Priority,
                job.Owner,
                job.Args,
                job.Kwargs,
                job.Metadata,
                job.Tags,
                job.Title,
                job.Description,
                job.CreatedAt,
                job.ScheduledAt,
                job.MaxRetries,
                job.RetryDelay,
                job.TimeoutSeconds,
                job.IdempotencyKey,
                job.RequestHash,
                job.Traceparent,
                job.ParentId,
                job.ScheduleId,
                job.ExpiresAt,
                job.NotBefore,
                job.DueAt,
                Attempt = 0,
                RetryCount = 0,
                LostCount = 0,
                LostAttempt = 0,
                WorkerId = (string?)null,
                LeaseUntil = (DateTimeOffset?)null,
                StartedAt = (DateTimeOffset?)null,
                CompletedAt = (DateTimeOffset?)null,
                Outcome = (string?)null,
                Progress = 0d,
                Result = (string?)null,
                Error = (string?)null,
                UpdatedAt = job.CreatedAt,
            },
            found);
        Assert.Equal(JobHistory.Lines(job.NewSteps, 1), found.History);
    }

    [Fact]
    public async Task Insert_EveryMemberOfTheSpec_IsFoundAgain()
    {
        var job = JobSpecTests.NewJob();
        await Insert(job);

        var (found, loaded) = (await Find(job.CorrelationId), (await Store.Load([job.CorrelationId], default))[job.CorrelationId]);

        Assert.All(typeof(JobSpec).GetProperties(), x => Assert.Equal(x.GetValue(job), x.GetValue(found)));
        Assert.All(typeof(JobSpec).GetProperties(), x => Assert.Equal(x.GetValue(job), x.GetValue(loaded)));
    }

    [Fact]
    public async Task Insert_NothingButWhatIsRequired_IsFoundAgain()
    {
        var job = await Insert();

        var found = await Find(job.CorrelationId);

        Assert.Equivalent(new { job.TaskName, Key = (string?)null, Args = (string?)null, Tags = (string[]?)null, ScheduledAt = (DateTimeOffset?)null, job.DueAt }, found);
    }

    [Fact]
    public async Task Insert_TimeWithOffsetAndTicks_IsCutToMicroseconds()
    {
        var job = await Insert(x => (x.CreatedAt, x.ExpiresAt) = (Moment.AddTicks(7).ToOffset(TimeSpan.FromHours(5)), Moment.AddTicks(19)));

        var found = await Find(job.CorrelationId);

        Assert.Equal((Moment, Moment.AddTicks(10)), (found.CreatedAt, found.ExpiresAt));
        Assert.Equal(TimeSpan.Zero, found.CreatedAt.Offset);
    }

    [Fact]
    public async Task Insert_ManySubmissions_AllAreThere()
    {
        var submissions = Enumerable.Range(0, 50).Select(n => new Submission([.. Enumerable.Range(0, 1 + n % 5).Select(_ => NewJob())])).ToList();

        var results = await Store.Insert(submissions, default);

        Assert.All(results, x => Assert.Null(x.Conflict));
        var ids = submissions.SelectMany(x => x.Jobs).Select(x => x.CorrelationId).ToList();
        Assert.Equal(ids.Count, (await Store.Load(ids, default)).Count);
    }

    [Fact]
    public async Task Insert_TakenId_IsAConflictAndChangesNothing()
    {
        var first = await Insert(x => x.Key = "mine");

        var result = await Insert(NewJob(), NewJob(x => (x.CorrelationId, x.Key, x.TaskName, x.CreatedAt) = (first.CorrelationId, "mine", "other", Moment.AddSeconds(1))));

        Assert.Equal(new(1, first.CorrelationId, SameKey: false), result.Conflict);
        Assert.Equal("echo", (await Find(first.CorrelationId)).TaskName);
        Assert.Equal(1, await Database.Number("select count(*) from jobs"));
    }

    [Fact]
    public async Task Insert_TakenIdempotencyKey_NamesTheJobThatHasIt()
    {
        var first = await Insert(x => x.IdempotencyKey = "k");

        var result = await Insert(NewJob(x => x.IdempotencyKey = "k"));

        Assert.Equal(new(0, first.CorrelationId, SameKey: true), result.Conflict);
    }

    [Fact]
    public async Task Insert_SameIdempotencyKeyOfAnotherOwner_IsNoConflict()
    {
        await Insert(x => x.IdempotencyKey = "k");

        Assert.Null((await Insert(NewJob(x => (x.IdempotencyKey, x.Owner) = ("k", "bob")))).Conflict);
    }

    [Fact]
    public async Task Insert_IdAndKeyTakenByTheSameJob_TheKeyIsWhatCounts()
    {
        var first = await Insert(x => (x.Key, x.IdempotencyKey) = ("mine", "k"));

        var result = await Insert(NewJob(x => (x.CorrelationId, x.Key, x.IdempotencyKey, x.CreatedAt) = (first.CorrelationId, "mine", "k", Moment.AddSeconds(1))));

        Assert.Equal(new(0, first.CorrelationId, SameKey: true), result.Conflict);
    }

    [Fact]
    public async Task Insert_OneOfSeveralSubmissionsConflicts_TheOthersAreInserted()
    {
        var taken = await Insert(x => x.IdempotencyKey = "taken");
        Submission[] submissions =
        [
            new([NewJob(x => x.IdempotencyKey = "a"), NewJob()]),
            new([NewJob(), NewJob(x => x.IdempotencyKey = "taken"), NewJob()]),
            new([NewJob()]),
        ];

        var results = await Store.Insert(submissions, default);

        Assert.Equal([null, new(1, taken.CorrelationId, true), null], results.Select(x => x.Conflict));
        Assert.Equal(4, await Database.Number("select count(*) from jobs"));
    }

    [Fact]
    public async Task Insert_OneKeyTwiceInOneBatch_TheFirstWins()
    {
        var jobs = Enumerable.Range(0, 5).Select(_ => NewJob(x => x.IdempotencyKey = "same")).ToList();

        var results = await Store.Insert([.. jobs.Select(x => new Submission([x]))], default);

        Assert.Null(results[0].Conflict);
        Assert.All(results.Skip(1), x => Assert.Equal(new(0, jobs[0].CorrelationId, true), x.Conflict));
        Assert.Equal(1, await Database.Number("select count(*) from jobs"));
    }

    [Fact]
    public async Task Insert_OneKeyTwiceInOneSubmission_NothingOfItIsInserted()
    {
        var first = NewJob(x => x.IdempotencyKey = "twice");

        var result = await Insert(first, NewJob(x => x.IdempotencyKey = "twice"));

        Assert.Equal(new(1, first.CorrelationId, true), result.Conflict);
        Assert.Equal(0, await Database.Number("select count(*) from jobs"));
    }

    [Fact]
    public async Task Insert_SeveralTaken_AllAreNamedAtOnce()
    {
        var (key, id, both) = (await Insert(x => x.IdempotencyKey = "k"), await Insert(x => x.Key = "mine"), await Insert(x => (x.Key, x.IdempotencyKey) = ("b", "b")));
        Submission[] submissions =
        [
            new([NewJob(), NewJob(x => x.IdempotencyKey = "new")]),
            new([
                NewJob(x => x.IdempotencyKey = "k"),
                NewJob(),
                NewJob(x => (x.CorrelationId, x.Key, x.CreatedAt) = (id.CorrelationId, "mine", Moment.AddSeconds(1))),
                NewJob(x => (x.CorrelationId, x.Key, x.IdempotencyKey, x.CreatedAt) = (both.CorrelationId, "b", "b", Moment.AddSeconds(1))),
            ]),
        ];

        var results = await Store.Insert(submissions, default);

        Assert.Empty(results[0].Conflicts);
        Assert.Equal([new(0, key.CorrelationId, true), new(2, id.CorrelationId, false), new(3, both.CorrelationId, true)], results[1].Conflicts);
        Assert.Equal(5, await Database.Number("select count(*) from jobs"));
    }

    [Fact]
    public async Task Insert_BlockedBySubmissionThatIsRefusedItself_GetsIn()
    {
        await Insert(x => x.IdempotencyKey = "taken");

        var results = await Store.Insert(
            [
                new([NewJob(x => x.IdempotencyKey = "free"), NewJob(x => x.IdempotencyKey = "taken")]),
                new([NewJob(x => x.IdempotencyKey = "free")]),
            ], default);

        Assert.NotNull(results[0].Conflict);
        Assert.Null(results[1].Conflict);
    }

    [Fact]
    public async Task Insert_OneKeyFromTwoProcessesAtOnce_MakesOneJob()
    {
        var calls = Enumerable.Range(0, 50).Select(n => Task.Run(() => (n % 2 == 0 ? Store : Other).Insert([new([NewJob(x => x.IdempotencyKey = "race")])], default)));

        var results = (await Task.WhenAll(calls)).Select(x => x[0].Conflict).ToList();

        Assert.Single(results, x => x is null);
        Assert.Single(results.OfType<InsertConflict>().Select(x => x.Existing).Distinct());
        Assert.Equal(1, await Database.Number("select count(*) from jobs"));
    }

    [Fact]
    public async Task Insert_OverlappingKeysInOppositeOrder_NeitherDeadlocksNorHalves()
    {
        for (var round = 0; round < 10; round++)
        {
            var keys = Enumerable.Range(0, 40).Select(n => $"{round}-{n}").ToList();
            var mine = Store.Insert([new([.. keys.Select(key => NewJob(x => x.IdempotencyKey = key))])], default);
            var yours = Other.Insert([new([.. Enumerable.Reverse(keys).Select(key => NewJob(x => x.IdempotencyKey = key))])], default);

            var conflicts = (await Task.WhenAll(mine, yours)).Select(x => x[0].Conflict).ToList();

            Assert.Single(conflicts, x => x is null);
            Assert.Equal(40 * (round + 1), await Database.Number("select count(*) from jobs"));
        }
    }

    [Fact]
    public async Task Insert_PoisonRow_FailsTheBatchAndStoresNothing()
    {
        var poison = NewJob();
        poison.Priority = 9;

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Store.Insert([new([NewJob()]), new([poison])], default));

        Assert.Equal(0, await Database.Number("select count(*) from jobs"));
    }
}
