using JobSystem.Contracts;
using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.ServiceDefaults.Bus.Notifications;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;

namespace JobSystem.Monitoring.Dashboard.Live;

/// <summary>One subscription to job events for all open pages, which receive a summary twice a second.</summary>
sealed class LiveEvents(IServiceProvider services, WantedMessages wanted, CoalescedReads reads, TimeProvider time) : BackgroundDuty
{
    static readonly TimeSpan beat = TimeSpan.FromMilliseconds(500);
    const int Kept = 240;
    readonly Lock turn = new();
    readonly Queue<Pulse> recent = new(Enumerable.Repeat(new Pulse(0, 0, 0, new HashSet<string>()), Kept));
    HashSet<string> jobs = [];
    int steps;
    int completed;
    int failed;
    DateTimeOffset? oldest;
    bool isSubscribed;
    IDisposable? wish;

    /// <summary>Raised on the duty's thread: a handler must return at once.</summary>
    public event Action<Pulse>? Beat;

    /// <summary>The summaries of the last two minutes, oldest first.</summary>
    public IReadOnlyList<Pulse> Recent
    {
        get
        {
            lock (turn)
            {
                return [.. recent];
            }
        }
    }

    protected override Task Begin(CancellationToken cancellationToken)
    {
        DashboardMetrics.Show();
        return Task.CompletedTask;
    }

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(beat, time, stoppingToken);

    protected override Task Work(CancellationToken stoppingToken)
    {
        if (!isSubscribed)
        {
            Subscribe();
            isSubscribed = true;
        }
        WantWhileShown();
        var pulse = Collect();
        if (pulse.Steps > 0)
        {
            // Responses that were read before do not contain these events
            reads.ForgetAll();
        }
        Beat?.Invoke(pulse);
        return Task.CompletedTask;
    }

    /// <summary>Without a page, the chart counts what this instance does only.</summary>
    void WantWhileShown()
    {
        if (Beat is not null)
        {
            wish ??= wanted.Want<JobEvents>();
            return;
        }
        wish?.Dispose();
        wish = null;
    }

    void Subscribe()
    {
        var queue = new TemporaryEndpointDefinition("dashboard-events");
        services.GetRequiredService<IBus>().ConnectReceiveEndpoint(queue, KebabCaseEndpointNameFormatter.Instance, endpoint =>
        {
            endpoint.PublishFaults = false;
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.Handler<JobEvents>(x =>
            {
                Add(x.Message.Items);
                return Task.CompletedTask;
            });
        });
    }

    void Add(IReadOnlyList<JobEvent> items)
    {
        lock (turn)
        {
            foreach (var item in items)
            {
                steps++;
                oldest = oldest < item.At ? oldest : item.At;
                completed += item.Event == "completed" ? 1 : 0;
                failed += item.Event is "failed" or "timeout" ? 1 : 0;
                if (jobs.Count < Pulse.MostJobs)
                {
                    jobs.Add(item.JobId);
                }
            }
        }
    }

    Pulse Collect()
    {
        lock (turn)
        {
            var pulse = new Pulse(steps, completed, failed, jobs);
            if (oldest is { } at)
            {
                DashboardMetrics.Heard(time.GetUtcNow() - at);
            }
            (steps, completed, failed, jobs, oldest) = (0, 0, 0, [], null);
            recent.Dequeue();
            // Only the counts are kept, for the chart
            recent.Enqueue(pulse with { Jobs = new HashSet<string>() });
            return pulse;
        }
    }
}
