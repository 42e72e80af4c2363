using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Running;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Bus;

/// <summary>
/// The subscriptions to the job queues. A broker with priorities must keep the tickets that cannot run now, or a better one that comes later
/// would wait behind them: when no slot has become free for a while, the subscriptions end, and with a free slot they begin again.
/// </summary>
sealed partial class TicketEndpoints(
    IServiceProvider services, IOptions<JobWorkerOptions> options, TaskCatalog catalog, SlotGate gate, TimeProvider time, ILoggerFactory loggers) :
    IDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan lookAgain = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan settle = TimeSpan.FromMilliseconds(5);
    static readonly TimeSpan deadline = TimeSpan.FromSeconds(5);

    readonly ILogger logger = loggers.CreateLogger("JobSystem.Worker");
    readonly SemaphoreSlim signal = new(0);
    readonly Lock sync = new();
    readonly HashSet<string> known = [];
    HashSet<string> paused = [];
    readonly Dictionary<string, HostReceiveEndpointHandle> connected = [];
    readonly CancellationTokenSource stopping = new();
    Task running = Task.CompletedTask;
    bool isStarved;
    bool isHeld;
    bool hasChanged;
    bool brokerKeeps;
    int prefetch;

    /// <summary>True when the worker takes from all queues.</summary>
    public bool ServesAll => options.Value.Queues.Count == 0;

    /// <summary>True once JobApi has said which queues there are.</summary>
    public bool HasLearned { get; private set; }

    public IReadOnlyList<string> Queues
    {
        get { lock (sync) { return [.. known.Order(StringComparer.Ordinal)]; } }
    }

    Claims Claims => field ??= services.GetRequiredService<Claims>();

    /// <param name="names">All queues that there are.</param>
    /// <param name="pausedNames">Those whose tickets may stay where they are.</param>
    public void Learn(IReadOnlyList<string> names, IReadOnlyList<string> pausedNames)
    {
        HasLearned = true;
        lock (sync)
        {
            if (!paused.SetEquals(pausedNames))
            {
                (paused, hasChanged) = ([.. pausedNames], true);
            }
        }
        Add(ServesAll ? names : []);
    }

    /// <summary>True when the worker was told to take nothing.</summary>
    public bool IsHeld
    {
        get { lock (sync) { return isHeld; } }
    }

    /// <summary>Takes no tickets, or takes them again.</summary>
    public void Hold(bool hold)
    {
        lock (sync)
        {
            (isHeld, hasChanged) = (hold, true);
        }
        signal.Release();
    }

    /// <summary>Serves these queues instead; none named means all.</summary>
    public void Serve(IReadOnlyList<string> names)
    {
        lock (sync)
        {
            known.Clear();
            hasChanged = true;
        }
        Add(names.Count == 0 ? ["default", .. catalog.Queues] : names);
    }

    public void Start()
    {
        prefetch = gate.Slots;
        gate.OnPressure = () => signal.Release();
        Add(ServesAll ? ["default", .. catalog.Queues] : options.Value.Queues);
        running = Watch();
    }

    /// <summary>Ends all subscriptions; the broker gets back what waits.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        await running;
        await DisconnectAll();
    }

    public void Dispose()
    {
        signal.Dispose();
        stopping.Dispose();
    }

    void Add(IEnumerable<string> names)
    {
        lock (sync)
        {
            known.UnionWith(names);
        }
        signal.Release();
    }

    async Task Watch()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await signal.WaitAsync(Wait(), stopping.Token);
                while (signal.Wait(0))
                {
                    // One look is enough for any number of signals
                }
                await Look();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception);
                await Task.Delay(lookAgain, time);
                signal.Release();
            }
        }
    }

    /// <summary>Until the next look when nothing happens before.</summary>
    TimeSpan Wait()
    {
        if (!brokerKeeps || isStarved || isHeld)
        {
            return Timeout.InfiniteTimeSpan;
        }
        if (gate.Starved is { } starved)
        {
            return starved < patience ? patience - starved + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero;
        }
        return prefetch < gate.Slots ? lookAgain : Timeout.InfiniteTimeSpan;
    }

    async Task Look()
    {
        if (TakeChange())
        {
            await Rearrange();
            return;
        }
        if (isHeld)
        {
            return;
        }
        if (isStarved)
        {
            if (gate.Free > 0)
            {
                await Resume();
            }
            return;
        }
        if (brokerKeeps && gate.Starved >= patience)
        {
            await DisconnectAll();
            isStarved = true;
            // A slot may have become free meanwhile
            signal.Release();
            return;
        }
        if (prefetch < gate.Slots && gate.Free > 2 * prefetch)
        {
            // More slots are free than tickets may be on their way
            await DisconnectAll();
            await Resume(gate.Slots);
            return;
        }
        Connect();
    }

    bool TakeChange()
    {
        lock (sync)
        {
            var had = hasChanged;
            hasChanged = false;
            return had;
        }
    }

    /// <summary>Other queues are wanted than before, or none.</summary>
    async Task Rearrange()
    {
        if (brokerKeeps)
        {
            await DisconnectAll();
        }
        if (isHeld)
        {
            // What a transport without a memory still brings waits here
            gate.Shut();
            return;
        }
        await Resume();
    }

    /// <summary>With few free slots few tickets are fetched, or most of them would soon have to go back.</summary>
    Task Resume() => Resume(Math.Clamp(gate.Free, 1, gate.Slots));

    async Task Resume(int tickets)
    {
        (prefetch, isStarved) = (tickets, false);
        // The best ticket may come from the queue that is connected last
        gate.Shut();
        try
        {
            Connect();
            await Task.WhenAll(connected.Values.Select(x => x.Ready)).WaitAsync(deadline, time, stopping.Token);
            if (connected.Count > 1)
            {
                await Task.Delay(settle, time);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The broker is away: the endpoints go on trying, and need not be waited for
            LogNotReady(logger, exception.Message);
        }
        finally
        {
            gate.Open();
        }
    }

    void Connect()
    {
        var bus = services.GetRequiredService<IBus>();
        foreach (var name in Wanted().Where(x => !connected.ContainsKey(x)))
        {
            connected[name] = bus.ConnectReceiveEndpoint(BusAddresses.JobQueue(name), Configure);
        }
    }

    /// <summary>A transport that forgets must be emptied: what comes from a paused queue is held back by the claim.</summary>
    List<string> Wanted()
    {
        lock (sync)
        {
            return [.. known.Where(x => !brokerKeeps || !paused.Contains(x))];
        }
    }

    void Configure(IReceiveEndpointConfigurator endpoint)
    {
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PublishFaults = false;
        if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            brokerKeeps = true;
            rabbit.EnablePriority(4);
            rabbit.PrefetchCount = prefetch;
            rabbit.ConcurrentMessageLimit = prefetch;
        }
        else
        {
            // The handler only files the ticket, and one after the other keeps their order
            endpoint.ConcurrentMessageLimit = 1;
        }
        var filter = new TicketFilter(Claims, brokerKeeps, loggers.CreateLogger<TicketFilter>());
        endpoint.ConfigureReceive(x => x.UseFilter(filter));
    }

    async Task DisconnectAll()
    {
        using var limit = new CancellationTokenSource(deadline, time);
        var stops = Task.WhenAll(connected.Values.Select(x => x.StopAsync(limit.Token)));
        connected.Clear();
        // An endpoint stops when its deliveries have been dealt with, and until it has heard of that more may come
        do
        {
            Claims.TurnAway();
            await Task.WhenAny(stops, Task.Delay(settle, time));
        }
        while (!stops.IsCompleted);
        await stops;
    }

    [LoggerMessage(141, LogLevel.Warning, "The subscriptions to the job queues could not be changed; trying again")]
    static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(142, LogLevel.Warning, "Not all job queues could be subscribed to at once: {Reason}")]
    static partial void LogNotReady(ILogger logger, string reason);
}
