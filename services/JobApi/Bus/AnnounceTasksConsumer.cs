using JobSystem.Contracts;
using JobSystem.JobApi.Tasks;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Handles task announcements of workers.</summary>
public sealed partial class AnnounceTasksConsumer(TaskRegistry catalogue, ILogger<AnnounceTasksConsumer> logger) : IConsumer<AnnounceTasks>
{
    public Task Consume(ConsumeContext<AnnounceTasks> context)
    {
        var (fit, unfit) = Sort(context.Message.Tasks);
        if (unfit.Count > 0)
        {
            LogRefused(context.Message.WorkerId, string.Join(", ", unfit));
        }
        return fit.Count == 0 ? Task.CompletedTask : catalogue.Announce(context.Message.WorkerId, fit, context.CancellationToken);
    }

    /// <summary>Tasks with invalid names are ignored; the worker's other tasks are kept.</summary>
    static (List<AnnouncedTask> Fit, List<string> Unfit) Sort(IReadOnlyList<AnnouncedTask> tasks)
    {
        var (fit, unfit) = (new Dictionary<(string, string), AnnouncedTask>(), new List<string>());
        foreach (var task in tasks)
        {
            if (Names.IsTask(task.Name) && Names.IsVersion(task.Version) && (task.Queue is null || Names.IsQueue(task.Queue)))
            {
                fit[(task.Name, task.Version)] = task;
            }
            else
            {
                unfit.Add($"{task.Name} {task.Version}");
            }
        }
        return ([.. fit.Values], unfit);
    }

    [LoggerMessage(2041, LogLevel.Warning, "Ignored tasks of worker {WorkerId} with an invalid name, version or queue: {Tasks}")]
    partial void LogRefused(string workerId, string tasks);
}
