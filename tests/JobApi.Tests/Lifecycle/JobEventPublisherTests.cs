using System.Runtime.CompilerServices;
using JobSystem.JobApi.Events;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Tests.Lifecycle;

/// <summary>With a broker that takes nothing: what is to be published stays.</summary>
public sealed class JobEventPublisherTests
{
    [Theory, InlineData("batch"), InlineData("each")]
    public void Enqueue_LargeJobs_ArePublishedWithoutTheirPayload(string events)
    {
        var steps = Publisher(events);
        var jobs = Enumerable.Range(0, 100).Select(_ => EnqueueLarge(steps)).ToList();
        GC.Collect();

        Assert.All(jobs, x => Assert.False(x.IsAlive));
    }

    [Fact]
    public void Enqueue_MoreThanMayWait_IsBoundedByBytes()
    {
        var steps = Publisher("batch");
        for (var n = 0; n < 1_000; n++)
        {
            var job = Job();
            job.NewSteps.Add(job.ToEvent("failed", default, System.Text.Json.JsonSerializer.SerializeToElement(new string('x', 100_000))));
            steps.Enqueue(job);
        }

        Assert.InRange(steps.QueuedBytes, 20 << 20, 32 << 20);
    }

    [Fact]
    public void Enqueue_WithResults_CountsTheSingleMessages()
    {
        var steps = Publisher("each");
        for (var n = 0; n < 1_000; n++)
        {
            var job = Job();
            job.Result = $"\"{new string('x', 100_000)}\"";
            job.NewSteps.Add(job.ToEvent("completed", default));
            steps.Enqueue(job);
        }

        Assert.InRange(steps.QueuedBytes, 20 << 20, 32 << 20);
    }

    static JobEventPublisher Publisher(string events) => new(
        MassTransit.InMemoryConfigurationExtensions.CreateUsingInMemory(MassTransit.Bus.Factory, _ => { }),
        Options.Create(new LifecycleOptions { Events = events }), NullLogger<JobEventPublisher>.Instance);

    /// <summary>In a method of its own, so that nothing here keeps it alive.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static WeakReference EnqueueLarge(JobEventPublisher steps)
    {
        var job = Job();
        job.Kwargs = new string('x', 250_000);
        job.NewSteps.Add(job.ToEvent("created", default));
        steps.Enqueue(job);
        return new(job.Kwargs);
    }

    static JobState Job() => new() { CorrelationId = Guid.CreateVersion7(), TaskName = "echo", QueueName = "default", Owner = "ann" };
}
