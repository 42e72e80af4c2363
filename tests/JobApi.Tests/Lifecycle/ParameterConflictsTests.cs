using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tasks;
using JobSystem.JobApi.Tests.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.JobApi.Tests.Lifecycle;

public sealed class ParameterConflictsTests : IDisposable
{
    readonly FakeTimeProvider time = new();
    readonly MemoryLog log = new();
    readonly ILoggerFactory loggers;
    readonly ParameterConflicts conflicts;

    public ParameterConflictsTests()
    {
        loggers = LoggerFactory.Create(x => x.AddProvider(log));
        conflicts = new(time, loggers.CreateLogger<ParameterConflicts>());
    }

    [Fact]
    public void Workers_DifferForLong_IsSaidOnce()
    {
        conflicts.Note([Task("a", "b")]);
        time.Advance(TimeSpan.FromSeconds(59));
        conflicts.Note([Task("a", "b")]);
        Assert.Empty(log.Lines);

        time.Advance(TimeSpan.FromSeconds(1));
        conflicts.Note([Task("a", "b")]);
        time.Advance(TimeSpan.FromHours(1));
        conflicts.Note([Task("a", null)]);

        Assert.Contains("different parameters for resize version 2", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_AgreeInBetween_CountAnew()
    {
        conflicts.Note([Task("a", "b")]);
        time.Advance(TimeSpan.FromSeconds(40));
        conflicts.Note([Task("a", "a")]);
        conflicts.Note([Task("a", "b")]);
        time.Advance(TimeSpan.FromSeconds(40));
        conflicts.Note([Task("a", "b")]);

        Assert.Empty(log.Lines);
    }

    public void Dispose() => loggers.Dispose();

    KnownTask Task(params string?[] schemas) =>
        new(new() { Name = "resize", Version = "2", IsAsync = true }, time.GetUtcNow(), time.GetUtcNow(), [.. schemas.Select((_, x) => $"worker{x}")])
        {
            Schemas = schemas,
        };
}
