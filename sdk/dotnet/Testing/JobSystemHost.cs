using JobSystem.Client;
using JobSystem.Hosting.Embedding;
using JobSystem.Testing.Clock;
using JobSystem.Testing.InMemory;
using JobSystem.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace JobSystem.Testing;

/// <summary>
/// The whole system in a test, with a clock that stands still until the test moves it: API, queues, schedules, and a worker with the tasks of the test. It has
/// no ports; its data is in a temporary folder that is removed at the end. Several may run side by side.
/// </summary>
public sealed class JobSystemHost : IAsyncDisposable
{
    readonly IHost host;
    readonly SystemDriver driver;
    readonly SemaphoreSlim turn = new(1, 1);

    JobSystemHost(IHost host, TestClock clock)
    {
        (this.host, Time) = (host, clock);
        Client = host.Services.GetRequiredService<JobSystemClient>();
        driver = new(host.Services, host.Services.GetRequiredService<EmbeddedSystem>().Container, clock);
    }

    /// <summary>When the clock of a system starts unless the test says so: 1 January 2030, 00:00 UTC.</summary>
    public static DateTimeOffset DefaultStart { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Starts a system.</summary>
    /// <param name="map">Maps tasks as a worker does.</param>
    /// <param name="configure">
    /// Adds the services that tasks have for parameters, and options: <c>Configure&lt;JobWorkerOptions&gt;</c>, and
    /// <c>Configure&lt;JobSystemHostOptions&gt;</c> for settings by their documented names. A <see cref="TimeProvider"/> is there already. Default: nothing.
    /// </param>
    /// <param name="startAt">The time at which its clock stands. Default: <see cref="DefaultStart"/>.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="InvalidOperationException">
    /// A task cannot be mapped, there is another <see cref="TimeProvider"/> among the services, or the system refuses the worker: the message has the reason.
    /// </exception>
    public static async Task<JobSystemHost> StartInMemory(
        Action<JobTasks> map, Action<IServiceCollection>? configure = null, DateTimeOffset? startAt = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        var clock = new TestClock((startAt ?? DefaultStart).ToUniversalTime());
        var host = InMemorySystem.Build(clock, map, configure);
        try
        {
            await host.StartAsync(cancellationToken);
            var system = new JobSystemHost(host, clock);
            await system.driver.AwaitWorker(cancellationToken);
            return system;
        }
        catch
        {
            try
            {
                await Stop(host);
            }
            catch (Exception)
            {
                // Why it could not start is more important
            }
            throw;
        }
    }

    /// <summary>Enqueues jobs, as an application does. A wait for a result ends when the test drains the system or moves its clock.</summary>
    public IJobs Jobs => Client;

    /// <summary>Has the whole API: schedules, queues, what became of jobs.</summary>
    public JobSystemClient Client { get; }

    /// <summary>The container of which tasks get their services.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>The clock. Tasks and services get the same one as <see cref="TimeProvider"/>.</summary>
    public TimeProvider Time { get; }

    /// <summary>
    /// How long a task may run in real time without waiting for the clock before it is not waited for any more, and named as running. Default: 5 s.
    /// </summary>
    public TimeSpan Patience
    {
        get => driver.Patience;
        set => driver.Patience = value;
    }

    /// <summary>Runs everything that is due, until nothing is left to do at this time. Jobs that cannot run are named, with the reason.</summary>
    /// <param name="cancellationToken">Ends waiting. Default: none.</param>
    public Task<SystemRun> Drain(CancellationToken cancellationToken = default) =>
        InTurn(() => driver.Drain(cancellationToken), cancellationToken);

    /// <summary>
    /// Moves the clock. Everything that becomes due meanwhile happens in order, each at its time: delays, retries, runs of schedules, expiry, time limits, what
    /// tasks wait for. Then what is past its retention is removed.
    /// </summary>
    /// <param name="time">By how much. Zero is the same as <see cref="Drain"/>.</param>
    /// <param name="cancellationToken">Ends waiting. Default: none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public Task<SystemRun> Advance(TimeSpan time, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        return InTurn(() => driver.Advance(time, cancellationToken), cancellationToken);
    }

    /// <summary>Returns the only job of a type in the system, whoever has enqueued it: the test, a task, a schedule.</summary>
    /// <typeparam name="TJob">The type, which has a <see cref="JobAttribute"/>.</typeparam>
    /// <param name="that">What else holds of it. Default: nothing.</param>
    /// <exception cref="InvalidOperationException">There is none or more than one; the message has all that there are.</exception>
    public async Task<EnqueuedJob<TJob>> ShouldHaveEnqueued<TJob>(Func<TJob, bool>? that = null) where TJob : IJob
    {
        var found = (await Enqueued<TJob>()).Where(x => that?.Invoke(x.Job) != false).ToList();
        return found.Count == 1 ? found[0] : throw new InvalidOperationException(
            $"Expected one job {typeof(TJob).Name}{(that is null ? "" : " that fits")}, found {found.Count}. Enqueued: {await Describe()}");
    }

    /// <summary>Returns the jobs of a type, the oldest first; those of one moment of the test's clock in any order.</summary>
    /// <typeparam name="TJob">The type, which has a <see cref="JobAttribute"/>.</typeparam>
    public async Task<IReadOnlyList<EnqueuedJob<TJob>>> Enqueued<TJob>() where TJob : IJob
    {
        var all = new List<EnqueuedJob<TJob>>();
        await foreach (var job in Client.Jobs.ListAll(new() { TaskName = JobAttribute.ForType(typeof(TJob)).Name }))
        {
            all.Add(new(job.Id, Client.Writer.ReadResult<TJob>(job.Kwargs)!, job));
        }
        return [.. all.OrderBy(x => x.State.CreatedAt)];
    }

    /// <summary>Checks that there is no job in the system.</summary>
    /// <exception cref="InvalidOperationException">There is one.</exception>
    public async Task ShouldHaveEnqueuedNothing()
    {
        if (await Describe() is { } all && all != Nothing)
        {
            throw new InvalidOperationException($"Expected no job. Enqueued: {all}");
        }
    }

    /// <summary>Stops the system. Tasks that run are cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        await Stop(host);
        turn.Dispose();
    }

    const string Nothing = "nothing";
    const int MostDescribed = 100;

    async Task<string> Describe()
    {
        var page = await Client.Jobs.List(page: new() { Limit = MostDescribed, OrderBy = "created_at", OrderDirection = "asc" });
        return string.Join("; ", page.Items.Select(x => $"{x.TaskName} {x.Kwargs} ({x.Status})").DefaultIfEmpty(Nothing));
    }

    async Task<SystemRun> InTurn(Func<Task<SystemRun>> work, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            turn.Release();
        }
    }

    static async Task Stop(IHost host)
    {
        try
        {
            await host.StopAsync();
        }
        finally
        {
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}
