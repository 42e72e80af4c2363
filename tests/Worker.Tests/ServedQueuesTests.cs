using JobSystem.Worker.Binding;
using JobSystem.Worker.Intake;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Tests;

public sealed class ServedQueuesTests
{
    readonly ServedQueues queues;

    public ServedQueuesTests()
    {
        var options = new JobWorkerOptions();
        options.Tasks.MapTask("task", () => 1);
        var settings = Options.Create(options);
        queues = new(settings, new TaskCatalog(settings, new ServiceCollection().BuildServiceProvider()));
    }

    /// <summary>In an upgrade an instance of before may be the one that answers; it knows queues only.</summary>
    [Fact]
    public void Learn_WithoutTasks_KeepsThoseThatAreKnown()
    {
        queues.Apply(new() { Names = ["mails"], Tasks = [new() { QueueName = "mails", TaskName = "task" }] });
        queues.Apply(new() { Names = ["mails"], Paused = [] });

        Assert.Single(queues.RunnableTickets());
    }

    [Fact]
    public void Learn_WithoutTasks_DoesNotCountAsAnAnswer()
    {
        queues.Apply(new() { Names = ["mails"] });
        Assert.False(queues.HasAnnouncement);

        queues.Apply(new() { Names = ["mails"], Tasks = [] });
        Assert.True(queues.HasAnnouncement);
    }
}
