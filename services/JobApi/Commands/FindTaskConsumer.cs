using JobSystem.Contracts;
using JobSystem.JobApi.Tasks;
using MassTransit;

namespace JobSystem.JobApi.Commands;

/// <summary>Answers the Scheduler whether a task is known and arguments fit it. While the database is away there is no answer.</summary>
public sealed class FindTaskConsumer(TaskRegistry tasks) : IConsumer<FindTask>
{
    public async Task Consume(ConsumeContext<FindTask> context)
    {
        var name = context.Message.TaskName;
        if (tasks.Versions(name).Count == 0)
        {
            await tasks.Refresh(context.CancellationToken);
        }
        var asked = context.Message;
        var problems = await tasks.Compare(
            name, asked.Version, asked.Args?.GetRawText(), asked.Kwargs?.GetRawText(), context.CancellationToken);
        await context.RespondAsync(new TaskFound
        {
            Versions = [.. tasks.Versions(name).Select(x => x.Task.Version)],
            Problems = problems.Count == 0 ? null : problems,
        });
    }
}
