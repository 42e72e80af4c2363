using JobSystem.Worker.Binding;
using JobSystem.Worker.Bus;
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
        queues.Learn(new() { Names = ["mails"], Tasks = [new() { QueueName = "mails", TaskName = "task" }] });
        queues.Learn(new() { Names = ["mails"], Paused = [] });

        Assert.Single(queues.Tickets());
    }

    [Fact]
    public void Learn_WithoutTasks_DoesNotCountAsAnAnswer()
    {
        queues.Learn(new() { Names = ["mails"] });
        Assert.False(queues.HasLearned);

        queues.Learn(new() { Names = ["mails"], Tasks = [] });
        Assert.True(queues.HasLearned);
    }
}
