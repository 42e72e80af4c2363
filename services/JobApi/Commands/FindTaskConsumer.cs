using JobSystem.Contracts;
using JobSystem.JobApi.Tasks;
using MassTransit;

namespace JobSystem.JobApi.Commands;

/// <summary>Answers the Scheduler whether a task is known. While the database is away there is no answer.</summary>
public sealed class FindTaskConsumer(TaskCatalogue tasks) : IConsumer<FindTask>
{
    public async Task Consume(ConsumeContext<FindTask> context)
    {
        var name = context.Message.TaskName;
        if (tasks.Versions(name).Count == 0)
        {
            await tasks.Refresh(context.CancellationToken);
        }
        await context.RespondAsync(new TaskFound { Versions = [.. tasks.Versions(name).Select(x => x.Task.Version)] });
    }
}
