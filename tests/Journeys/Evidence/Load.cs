using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Evidence;

/// <summary>
/// Steady work while things break: short and longer jobs, one in five fails first, some are cancelled midway. What was promised,
/// refused or left open is in <see cref="Orders"/>; the same seed makes the same jobs.
/// </summary>
public sealed class Load
{
    readonly Deployment _system;
    readonly Random _random;
    readonly CancellationTokenSource _stop = new();
    readonly List<Order> _orders = [];
    readonly Task _running;

    Load(Deployment system, int seed, int perSecond)
    {
        _system = system;
        _random = new Random(seed);
        _running = Run(TimeSpan.FromSeconds(1.0 / perSecond));
    }

    /// <summary>Carried by every job of this load, so that the API can be asked for exactly them.</summary>
    public string Tag { get; } = Deployment.Label("load")[^32..];

    public IReadOnlyList<Order> Orders
    {
        get
        {
            lock (_orders)
            {
                return [.. _orders];
            }
        }
    }

    public int Promised => Orders.Count(order => order.Outcome == CallOutcome.Ok);

    public static Load Start(Deployment system, int seed = 1, int perSecond = 20) => new(system, seed, perSecond);

    /// <summary>No new jobs; returns when the calls under way have ended.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _running;
    }

    async Task Run(TimeSpan pause)
    {
        var underway = new List<Task>();
        using var timer = new PeriodicTimer(pause);
        while (!_stop.IsCancellationRequested)
        {
            var order = new Order($"{Tag}-{underway.Count}");
            lock (_orders)
            {
                _orders.Add(order);
            }
            underway.Add(Place(order, NextJob(order.Label), _random.Next(100) < 10 ? _random.Next(2000) : null));
            await timer.WaitForNextTickAsync();
        }
        await Task.WhenAll(underway);
    }

    JobRequest NextJob(string label)
    {
        var delay = _random.Next(100) switch { < 60 => _random.Next(10, 100), < 95 => _random.Next(100, 1000), _ => _random.Next(1000, 5000) };
        int[] statuses = _random.Next(100) switch { < 80 => [200], < 95 => [500, 200], < 98 => [500, 500, 200], _ => [500] };
        return JobRequest.Call(_system.Ledger.Url(label, delay, statuses)) with
        {
            IdempotencyKey = label,
            Tags = [Tag],
            MaxRetries = 3,
            RetryDelay = 0.5,
            Timeout = 30,
            Priority = (string[])["critical", "high", "normal", "low"] is var levels ? levels[_random.Next(4)] : null,
        };
    }

    async Task Place(Order order, JobRequest job, int? cancelAfter)
    {
        for (var tries = 0; tries < 4 && order.Outcome == CallOutcome.Unknown; tries++)
        {
            await Task.Delay(tries * 500);
            await Submit(order, job);
        }
        if (cancelAfter is { } wait && order.JobId is not null)
        {
            await Task.Delay(wait);
            await Cancel(order);
        }
    }

    async Task Submit(Order order, JobRequest job)
    {
        try
        {
            order.JobId = (await _system.Client.Submit(job)).Id;
            order.Outcome = CallOutcome.Ok;
        }
        catch (ApiException refused)
        {
            order.Outcome = (int)refused.Status < 500 ? CallOutcome.Fail : CallOutcome.Unknown;
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
        {
            order.Outcome = CallOutcome.Unknown;
        }
    }

    async Task Cancel(Order order)
    {
        try
        {
            var job = await _system.Client.Cancel(order.JobId!);
            order.Cancel = new CancelAnswer(job.Status, job.Attempt, TimeProvider.System.GetUtcNow());
        }
        catch (Exception open) when (open is ApiException or HttpRequestException or TaskCanceledException)
        {
            // too late (409), or nobody can say: either way nothing was promised
        }
    }
}
