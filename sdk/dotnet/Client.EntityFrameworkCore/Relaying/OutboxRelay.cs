using System.Data.Common;
using System.Globalization;
using System.Runtime.ExceptionServices;
using JobSystem.Client.EntityFrameworkCore.Enqueueing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Client.EntityFrameworkCore.Relaying;

/// <summary>
/// Posts the jobs of an outbox, the oldest first: claims rows, posts them, deletes them. Each step may be the last of a process: a claim that is not settled
/// ends with its lease, and what is posted twice is there once.
/// </summary>
sealed partial class OutboxRelay<TContext>(
    OutboxTable<TContext> table, OutboxPoster poster, OutboxSignal<TContext> signal, OutboxMetrics metrics, IServiceScopeFactory scopes,
    IOptionsMonitor<OutboxOptions> monitor, TimeProvider time, ILoggerFactory loggers) : BackgroundService where TContext : DbContext
{
    const int MaxNameLength = 64;
    const string MissingTable = "Add a migration for the table of the outbox, and apply it.";

    static readonly TimeSpan firstPause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(30);
    static readonly TimeSpan unknownTasksPause = TimeSpan.FromSeconds(10);
    static readonly TimeSpan figuresPause = TimeSpan.FromSeconds(10);

    readonly OutboxOptions options = monitor.Get(OutboxContext.OptionsOf<TContext>());
    readonly ILogger logger = loggers.CreateLogger("JobSystem.Client.EntityFrameworkCore.OutboxRelay");
    readonly string outbox = typeof(TContext).Name;
    readonly string relay = $"{Environment.MachineName[..Math.Min(Environment.MachineName.Length, MaxNameLength)]}-{Guid.CreateVersion7():N}";
    readonly Dictionary<string, long> lastTimes = [];
    long claims;
    int failures;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await using (var scope = scopes.CreateAsyncScope())
        {
            OutboxWriter.ThrowIfNotInModel(scope.ServiceProvider.GetRequiredService<TContext>());
        }
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.RunsRelay)
        {
            return;
        }
        var watch = new ClaimWatch(options.Lease, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await KeepUp(watch, stoppingToken);
                while (await PostSome(stoppingToken))
                {
                    Recovered();
                }
                Recovered();
                await signal.Wait(options.PollInterval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                await Pause(exception, stoppingToken);
            }
        }
    }

    /// <summary>Returns false if there was nothing to post.</summary>
    async Task<bool> PostSome(CancellationToken stoppingToken)
    {
        // From before the claim, so that nothing is posted any more when another relay takes over
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(options.Lease / 2);
        if (await table.Claim(NextClaim(), options.BatchSize, stoppingToken) is not { } claim)
        {
            return false;
        }
        if (claim.Jobs.Count > 0)
        {
            var posted = await poster.Post(claim.Jobs, limit.Token);
            // Also when the process ends now: it spares posting what is there already
            await Settle(claim, posted);
            ThrowIfFailed(claim, posted, stoppingToken);
        }
        return true;
    }

    async Task Settle(OutboxClaim claim, PostedJobs posted)
    {
        await table.Settle(claim, posted, options.Retention > TimeSpan.Zero, CancellationToken.None);
        if (posted.Failure is not null)
        {
            await Release(claim);
        }
        metrics.CountPosted(outbox, claim.Jobs.Count(x => x.Position < (posted.LeftFrom ?? long.MaxValue) && posted.Refused.All(y => y.Job != x)));
        foreach (var (job, state, error) in posted.Refused.Where(x => x.Job.Error != x.Error))
        {
            metrics.CountRefused(outbox);
            LogRefused(logger, outbox, job.JobId, job.TaskName, state, error);
        }
    }

    void ThrowIfFailed(OutboxClaim claim, PostedJobs posted, CancellationToken stoppingToken)
    {
        if (posted.Failure is OperationCanceledException && !stoppingToken.IsCancellationRequested)
        {
            throw new JobSystemUnavailableException(
                $"JobSystem did not accept {claim.Jobs.Count} jobs within {options.Lease / 2}, which is half of the outbox's Lease. Check its health.",
                "timeout", posted.Failure);
        }
        if (posted.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>If the database is away too, the lease ends the claim.</summary>
    async Task Release(OutboxClaim claim)
    {
        try
        {
            await table.Release(claim, CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogNotReleased(logger, outbox, claim.Jobs.Count, exception.Message);
        }
    }

    /// <summary>What has to be done now and then, whether there are jobs or not.</summary>
    async Task KeepUp(ClaimWatch watch, CancellationToken cancellationToken)
    {
        if (IsDue("claims", options.Lease / 4))
        {
            foreach (var claim in watch.Abandoned(await table.FindClaims(cancellationToken)))
            {
                if (await table.TakeOver(claim, cancellationToken) is > 0 and var count)
                {
                    LogTakenOver(logger, outbox, count, claim);
                }
            }
        }
        if (IsDue("unknown tasks", unknownTasksPause))
        {
            await table.RetryUnknownTasks(options.BatchSize, cancellationToken);
        }
        if (options.Retention > TimeSpan.Zero && IsDue("retention", Min(options.Retention, TimeSpan.FromMinutes(1))))
        {
            await table.RemovePosted((time.GetUtcNow() - options.Retention).UtcDateTime, cancellationToken);
        }
        if (metrics.WantsFigures && IsDue("figures", figuresPause))
        {
            metrics.Record(outbox, await table.Measure(cancellationToken));
        }
    }

    async Task Pause(Exception exception, CancellationToken stoppingToken)
    {
        failures++;
        var longest = Min(firstPause * Math.Pow(2, Math.Min(failures - 1, 10)), longestPause);
        // Relays that failed together come back one after the other
        var pause = longest * (0.5 + (Random.Shared.NextDouble() / 2));
        switch (exception)
        {
            case JobSystemUnavailableException:
                LogUnavailable(logger, outbox, pause, exception.Message);
                break;
            case JobSystemException:
                LogNotAccepted(logger, outbox, pause, exception.Message);
                break;
            default:
                LogDatabaseFailed(logger, outbox, pause, IsMissingTable(exception) ? $"{exception.Message} {MissingTable}" : exception.Message);
                break;
        }
        await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>In the words of PostgreSQL, SQLite and SQL Server.</summary>
    static bool IsMissingTable(Exception exception) => exception is DbException { SqlState: "42P01" }
        || exception is DbException && (exception.Message.Contains("no such table", StringComparison.Ordinal)
            || exception.Message.Contains("Invalid object name", StringComparison.Ordinal));

    void Recovered()
    {
        if (failures > 0)
        {
            LogRecovered(logger, outbox, failures);
            failures = 0;
        }
    }

    string NextClaim() => string.Create(CultureInfo.InvariantCulture, $"{relay}/{++claims}");

    bool IsDue(string what, TimeSpan interval)
    {
        var now = time.GetTimestamp();
        if (lastTimes.TryGetValue(what, out var last) && time.GetElapsedTime(last, now) < interval)
        {
            return false;
        }
        lastTimes[what] = now;
        return true;
    }

    static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage(6001, LogLevel.Warning, "The jobs in the outbox of {Outbox} wait, next attempt in {Pause}: {Reason}")]
    static partial void LogUnavailable(ILogger logger, string outbox, TimeSpan pause, string reason);

    [LoggerMessage(6002, LogLevel.Error, "JobSystem accepts no jobs from the outbox of {Outbox}; they wait, next attempt in {Pause}: {Reason}")]
    static partial void LogNotAccepted(ILogger logger, string outbox, TimeSpan pause, string reason);

    [LoggerMessage(6003, LogLevel.Warning, "Could not read or write the outbox of {Outbox}, next attempt in {Pause}: {Reason}")]
    static partial void LogDatabaseFailed(ILogger logger, string outbox, TimeSpan pause, string reason);

    [LoggerMessage(6004, LogLevel.Information, "The relay of the outbox of {Outbox} works again after {Count} failures")]
    static partial void LogRecovered(ILogger logger, string outbox, int count);

    [LoggerMessage(6011, LogLevel.Error, "The outbox of {Outbox} sets job {JobId} of task {Task} aside as {State}: {Reason}")]
    static partial void LogRefused(ILogger logger, string outbox, string jobId, string task, string state, string reason);

    [LoggerMessage(6021, LogLevel.Warning, "Took over {Count} jobs in the outbox of {Outbox} from claim {Claim}, whose relay has not posted them in time")]
    static partial void LogTakenOver(ILogger logger, string outbox, int count, string claim);

    [LoggerMessage(6022, LogLevel.Warning, "Could not give back {Count} jobs in the outbox of {Outbox}, which are taken over after their lease: {Reason}")]
    static partial void LogNotReleased(ILogger logger, string outbox, int count, string reason);
}
