using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Model;
using MassTransit;
using MassTransit.Context;
using MassTransit.Saga;

namespace JobSystem.JobApi.Lifecycle.Saga;

/// <summary>Adapts the committer to MassTransit's saga repository, one instance per message. Rows are inserted only by <see cref="JobInserter"/>.</summary>
public sealed class GroupCommitContext<TMessage>(
    GroupCommitter committer, ConsumeContext<TMessage> message, ISagaConsumeContextFactory<GroupCommitter, JobState> factory) :
    ConsumeContextScope<TMessage>(message),
    SagaRepositoryContext<JobState, TMessage>
    where TMessage : class
{
    readonly ConsumeContext<TMessage> message = message;

    public async Task<SagaConsumeContext<JobState, TMessage>> Load(Guid correlationId)
    {
        var job = await committer.Load(correlationId, fresh: typeof(TMessage) == typeof(TimerElapsed), CancellationToken);
        return job is null ? null! : await factory.CreateSagaConsumeContext(committer, message, job, SagaConsumeContextMode.Load);
    }

    public Task Update(SagaConsumeContext<JobState> context) => committer.Write(context.Saga, CancellationToken);

    public Task<SagaConsumeContext<JobState, T>> CreateSagaConsumeContext<T>(ConsumeContext<T> consumeContext, JobState instance, SagaConsumeContextMode mode)
        where T : class => factory.CreateSagaConsumeContext(committer, consumeContext, instance, mode);

    public Task Undo(SagaConsumeContext<JobState> context) => Task.CompletedTask;
    public Task Discard(SagaConsumeContext<JobState> context) => Task.CompletedTask;

    public Task<SagaConsumeContext<JobState, TMessage>> Add(JobState instance) => throw InsertsElsewhere();
    public Task<SagaConsumeContext<JobState, TMessage>> Insert(JobState instance) => throw InsertsElsewhere();
    public Task Save(SagaConsumeContext<JobState> context) => throw InsertsElsewhere();
    public Task Delete(SagaConsumeContext<JobState> context) => throw InsertsElsewhere();

    static NotSupportedException InsertsElsewhere() => new("jobs are inserted by JobInserter and removed by retention");
}

/// <summary>Connects the group commit to MassTransit's saga pipeline. Correlation is by id only.</summary>
public sealed class GroupCommitContextFactory(GroupCommitter committer) : ISagaRepositoryContextFactory<JobState>
{
    readonly SagaConsumeContextFactory<GroupCommitter, JobState> factory = new();

    public Task Send<T>(ConsumeContext<T> context, IPipe<SagaRepositoryContext<JobState, T>> next)
        where T : class => next.Send(new GroupCommitContext<T>(committer, context, factory));

    public Task SendQuery<T>(ConsumeContext<T> context, ISagaQuery<JobState> query, IPipe<SagaRepositoryQueryContext<JobState, T>> next)
        where T : class => throw new NotSupportedException("jobs are correlated by id");

    public void Probe(ProbeContext context) => context.Add("persistence", "group-commit");
}
