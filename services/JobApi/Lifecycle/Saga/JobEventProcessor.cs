using System.Reflection;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Time;
using MassTransit;
using MassTransit.Context;
using MassTransit.Middleware;
using MassTransit.Saga;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Lifecycle.Saga;

/// <summary>
/// The only entrance to the state machine. Each event passes through MassTransit's saga pipeline as a separate message; events that are
/// processed concurrently share one group commit. The effects of a decision are carried out after its commit.
/// </summary>
public sealed class JobEventProcessor : IDisposable
{
    const int Stripes = 4096;
    const int Rounds = 20;
    readonly SemaphoreSlim[] stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];
    readonly Dictionary<Type, object> pipes = [];
    readonly SagaRepository<JobState> repository;
    readonly InProcessConsumeContext root = new();
    readonly JobEffects effects;
    readonly DatabaseClock clock;
    readonly HeartbeatGaps gaps;
    readonly LifecycleOptions options;

    public JobEventProcessor(
        JobLifecycle machine, GroupCommitter committer, JobEffects effects, DatabaseClock clock, HeartbeatGaps gaps, IOptions<LifecycleOptions> options)
    {
        this.gaps = gaps;
        this.effects = effects;
        this.clock = clock;
        this.options = options.Value;
        repository = new SagaRepository<JobState>(new GroupCommitContextFactory(committer));
        var accept = GetType().GetMethod(nameof(Accept), BindingFlags.NonPublic | BindingFlags.Instance)!;
        foreach (var @event in machine.AllEvents)
        {
            accept.MakeGenericMethod(@event.PropertyType.GenericTypeArguments).Invoke(this, [machine, @event.GetValue(machine)]);
        }
    }

    void Accept<T>(JobLifecycle machine, Event<T> @event) where T : class, IAboutJob =>
        pipes[typeof(T)] = Pipe.New<SagaConsumeContext<JobState, T>>(x =>
        {
            x.UseExecute(c => c.GetPayload<Decision>().Job = c.Saga);
            x.UseFilter(new StateMachineSagaMessageFilter<JobState, T>(machine, @event));
        });

    /// <summary>Processes an event from a request or timer.</summary>
    /// <param name="apply">False if the caller carries out the decision's effects itself, for example to keep an order.</param>
    public async Task<Decision> Raise<T>(T message, CancellationToken cancellationToken, bool apply = true) where T : class, IAboutJob
    {
        Decision? decision = null;
        await root.Run(async context => decision = await Raise(context, message, apply), cancellationToken);
        return decision!;
    }

    /// <summary>Processes an event from a bus message.</summary>
    public Task<Decision> Raise<T>(ConsumeContext context, T message) where T : class, IAboutJob => Raise(context, message, apply: true);

    /// <summary>For events from a request that are processed together.</summary>
    public Task RunInProcess(Func<ConsumeContext, Task> run, CancellationToken cancellationToken) => root.Run(run, cancellationToken);

    async Task<Decision> Raise<T>(ConsumeContext context, T message, bool apply) where T : class, IAboutJob
    {
        // Serializes events of the same job within this process; between processes the version check resolves conflicts
        var stripe = stripes[(uint)message.JobId.GetHashCode() % Stripes];
        await stripe.WaitAsync(context.CancellationToken);
        try
        {
            var decision = await Handle(context, message);
            if (apply)
            {
                effects.Apply(decision);
            }
            return decision;
        }
        finally
        {
            stripe.Release();
        }
    }

    async Task<Decision> Handle<T>(ConsumeContext context, T message) where T : class, IAboutJob
    {
        var pipe = (IPipe<SagaConsumeContext<JobState, T>>)pipes[typeof(T)];
        for (var round = 1; ; round++)
        {
            // Each round needs a new decision: the previous one was based on an outdated row
            var decision = new Decision(clock.UtcNow, options) { UncountedSince = Uncounted };
            var scope = new ConsumeContextScope<T>(
                new CorrelationIdConsumeContextProxy<T>(new MessageConsumeContext<T>(context, message), message.JobId), decision, message);
            try
            {
                await repository.Send(scope, new AnyExistingSagaPolicy<JobState, T>(), pipe);
                return decision;
            }
            catch (VersionConflictException) when (round < Rounds)
            {
                await Task.Delay(Random.Shared.Next(1, 4 * round), context.CancellationToken);
            }
        }
    }

    TimeSpan Uncounted(DateTimeOffset moment) => clock.SetForwardSince(moment) + gaps.Since(moment);

    public void Dispose()
    {
        foreach (var stripe in stripes)
        {
            stripe.Dispose();
        }
    }
}
