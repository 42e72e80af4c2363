using JobSystem.Contracts;
using JobSystem.JobApi.Tasks;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>Responds to the Scheduler whether a task exists and arguments match it. There is no response while the database is unavailable.</summary>
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
