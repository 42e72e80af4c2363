namespace JobSystem.Worker.Binding;

/// <summary>A task that is a delegate with a record for its arguments.</summary>
sealed class RecordInvoker<TJob>(
    Func<TJob, TaskContext, CancellationToken, ValueTask<JobOutcome>> handler, IServiceProvider services) : TaskInvoker
    where TJob : IJob
{
    readonly RecordArguments<TJob> arguments = new(services);

    public override IReadOnlyList<TaskParameter> Parameters => arguments.Parameters;

    public override ValueTask<JobOutcome> Invoke(TaskContext job, ArgumentBinder binder, IServiceProvider? services) =>
        handler(arguments.Read(binder.Bind(job)), job, job.CancellationToken);
}
