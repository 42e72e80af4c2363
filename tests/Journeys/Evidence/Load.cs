using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Evidence;

/// <summary>
/// Steady work while things break: short and longer jobs, one in five fails first, some are cancelled midway. What was promised,
/// refused or left open is in <see cref="Orders"/>; the same seed makes the same jobs.
/// </summary>
public sealed class Load
{
    /// <summary>Longer than any time limit.</summary>
    const int Overrun = 60_000;

    readonly Deployment _system;
    readonly Random _random;
    readonly CancellationTokenSource _stop = new();
    readonly List<Order> _orders = [];
    readonly LoadShape _shape;
    readonly Task _running;

    Load(Deployment system, int seed, LoadShape shape)
    {
        _system = system;
        _random = new Random(seed);
        _shape = shape;
        _running = Run(TimeSpan.FromSeconds(1.0 / shape.PerSecond));
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

    public static Load Start(Deployment system, int seed = 1, LoadShape? shape = null) => new(system, seed, shape ?? new());

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
            underway.Add(_shape.Mixed && _random.Next(25) == 0 ? PlaceTogether([.. Enumerable.Range(0, _random.Next(3, 15))
                .Select(_ => NextJob())]) : Place(NextJob()));
            await timer.WaitForNextTickAsync();
        }
        await Task.WhenAll(underway);
    }

    Job NextJob()
    {
        var label = $"{Tag}-{_orders.Count}";
        var delay = _random.Next(100) switch { < 60 => _random.Next(10, 100), < 95 => _random.Next(100, 1000), _ => _random.Next(1000, 5000) };
        int[] statuses = _random.Next(100) switch { < 80 => [200], < 95 => [500, 200], < 98 => [500, 500, 200], _ => [500] };
        var isOther = _shape.OtherKind && _random.Next(6) == 0;
        var overruns = _shape.Mixed && _random.Next(50) == 0;
        var request = JobRequest.Call(_system.Ledger.Url(label, overruns ? Overrun : delay, statuses), isOther ? LedgerWorker.Task : null) with
        {
            QueueName = _shape.Queues[_random.Next(_shape.Queues.Count)],
            IdempotencyKey = label,
            Tags = [Tag],
            MaxRetries = overruns ? 1 : 3,
            RetryDelay = 0.5,
            Timeout = overruns ? 1 : 30,
            Priority = (string[])["critical", "high", "normal", "low"] is var levels ? levels[_random.Next(4)] : null,
        };
        var job = new Job(new Order(label) { Request = request }, request, _random.Next(100) < 10 ? _random.Next(2000) : null,
            RetryByHand: _shape.Mixed && statuses is [500]);
        lock (_orders)
        {
            _orders.Add(job.Order);
        }
        return job;
    }

    async Task Place(Job job)
    {
        await Repeat([job.Order], async () => job.Order.JobId = (await _system.Client.Submit(job.Request)).Id);
        await Follow(job);
    }

    async Task PlaceTogether(IReadOnlyList<Job> jobs)
    {
        await Repeat([.. jobs.Select(job => job.Order)], async () =>
        {
            foreach (var (job, id) in jobs.Zip(await _system.Client.SubmitBatch([.. jobs.Select(job => job.Request)])))
            {
                job.Order.JobId = id;
            }
        });
        await Task.WhenAll(jobs.Select(Follow));
    }

    async Task Follow(Job job)
    {
        if (job.CancelAfter is { } wait && job.Order.JobId is not null)
        {
            await Task.Delay(wait);
            await Cancel(job.Order);
        }
        if (job.RetryByHand && job.Order.JobId is not null)
        {
            await RetryByHand(job.Order.JobId);
        }
    }

    /// <summary>The same call again, as long as nobody can say what became of it: the keys make that safe.</summary>
    static async Task Repeat(IReadOnlyList<Order> orders, Func<Task> submit)
    {
        for (var tries = 0; tries < 4 && orders[0].Outcome == CallOutcome.Unknown; tries++)
        {
            await Task.Delay(tries * 500);
            var outcome = await Outcome(submit);
            foreach (var order in orders)
            {
                order.Outcome = outcome;
            }
        }
    }

    static async Task<CallOutcome> Outcome(Func<Task> call)
    {
        try
        {
            await call();
            return CallOutcome.Ok;
        }
        catch (ApiException refused)
        {
            return (int)refused.Status < 500 ? CallOutcome.Fail : CallOutcome.Unknown;
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
        {
            return CallOutcome.Unknown;
        }
    }

    /// <summary>Once it has failed for good. It fails again, and whatever came of this call, each attempt is accounted for.</summary>
    Task<CallOutcome> RetryByHand(string jobId) => Outcome(async () =>
    {
        using var waited = await _system.Client.Raw(HttpMethod.Get, $"api/v1/jobs/{jobId}/wait?timeout=10");
        await _system.Client.Retry(jobId);
    });

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

    sealed record Job(Order Order, JobRequest Request, int? CancelAfter, bool RetryByHand);
}
