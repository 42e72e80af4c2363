using JobSystem.ServiceDefaults.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobSystem.ServiceDefaults.Duties;

/// <summary>Runs duties in a loop.</summary>
sealed partial class DutyRunner(IReadOnlyList<BackgroundDuty> duties, DutyHealthCheck watch, TimeProvider time, ILogger<DutyRunner> logger)
    : BackgroundService
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Repeated failures are logged once in so many rounds.</summary>
    const int RoundsOfSilence = 20;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var duty in duties)
        {
            await duty.Begin(cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(duties.Select(duty => Run(duty, watch.Add(duty), stoppingToken)));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var duty in duties)
        {
            await duty.Finish(cancellationToken);
        }
    }

    async Task Run(BackgroundDuty duty, DutyState state, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Round(duty, state, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                await Pause(duty, state, failure, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task Round(BackgroundDuty duty, DutyState state, CancellationToken stoppingToken)
    {
        if (state.Failures == 0)
        {
            await duty.Wait(stoppingToken);
        }

        state.Began();
        await duty.Work(stoppingToken);
        if (state.Failures > 0)
        {
            LogWell(state.Name, state.Failures);
        }

        state.Succeeded();
    }

    async Task Pause(BackgroundDuty duty, DutyState state, Exception failure, CancellationToken stoppingToken)
    {
        state.Failed(failure.GetBaseException().Message);
        DutyHealthCheck.Count(state.Name);
        var pause = FirstPause * Math.Pow(2, Math.Min(state.Failures - 1, 20));
        pause = pause < duty.LongestPause ? pause : duty.LongestPause;
        var isLogged = state.Failures % RoundsOfSilence == 1;
        if (IsOutage(failure))
        {
            // For an unavailable database or broker, the message is sufficient
            LogFailed(isLogged ? LogLevel.Warning : LogLevel.Debug, state.Name, state.Failures, pause, failure.GetBaseException().Message);
        }
        else
        {
            LogUnforeseen(isLogged ? LogLevel.Error : LogLevel.Debug, failure, state.Name, state.Failures, pause);
        }

        await Task.Delay(pause, time, stoppingToken);
    }

    static bool IsOutage(Exception failure) =>
        ProblemExceptionHandler.Describe(failure).Status == Microsoft.AspNetCore.Http.StatusCodes.Status503ServiceUnavailable;

    [LoggerMessage(EventId = 1031, Message = "{Duty} failed {Count} times in a row; next attempt in {Pause}: {Reason}")]
    partial void LogFailed(LogLevel level, string duty, int count, TimeSpan pause, string reason);

    [LoggerMessage(EventId = 1032, Message = "{Duty} failed {Count} times in a row; next attempt in {Pause}")]
    partial void LogUnforeseen(LogLevel level, Exception exception, string duty, int count, TimeSpan pause);

    [LoggerMessage(1033, LogLevel.Information, "{Duty} succeeded after {Count} failures")]
    partial void LogWell(string duty, int count);
}
