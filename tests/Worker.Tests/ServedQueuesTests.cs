using JobSystem.Worker.Binding;
using JobSystem.Worker.Intake;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Tests;

public sealed class ServedQueuesTests
{
    [Fact]
    public void Names_NoneChosen_AreThoseOfTheTasksAndOfAnnouncements()
    {
        var queues = Create();
        Assert.False(queues.HasAnnouncement);
        queues.Apply(new() { Names = ["letters", "default"] });
        Assert.True(queues.HasAnnouncement);
        Assert.Equal(["default", "letters", "mails"], queues.Names);
        Assert.Null(queues.Chosen);
    }

    [Fact]
    public void Names_SomeChosen_AreThoseOnly()
    {
        var queues = Create("b", "a");
        queues.Apply(new() { Names = ["letters", "default"] });
        Assert.Equal(["a", "b"], queues.Names);
        Assert.Equal(["b", "a"], queues.Chosen);
    }

    [Fact]
    public void Replace_WithNone_ServesAll()
    {
        var queues = Create("a");
        queues.Replace([]);
        Assert.Equal(["default", "mails"], queues.Names);
        Assert.Null(queues.Chosen);
    }

    [Fact]
    public void OnChanged_OnlyNamesAreNew_IsNotCalled()
    {
        var calls = 0;
        var queues = Create();
        queues.OnChanged = () => calls++;
        queues.Apply(new() { Names = ["later"] });
        Assert.Equal(0, calls);
        queues.SetPaused(true);
        queues.Replace(["a"]);
        Assert.Equal(2, calls);
    }

    static ServedQueues Create(params string[] chosen)
    {
        var options = new JobWorkerOptions { Queues = chosen };
        options.Tasks.MapTask("task", () => 1).WithQueue("mails");
        var settings = Options.Create(options);
        return new(settings, new TaskCatalog(settings, new ServiceCollection().BuildServiceProvider()));
    }
}
