using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace JobSystem.Worker.Tests;

/// <summary>Tasks whose arguments are a record with a <see cref="JobAttribute"/>.</summary>
public sealed class JobRecordTests
{
    [Job("task", Queue = "parcels", MaxRetries = 7, RetryDelaySeconds = 2, TimeoutSeconds = 30, Version = "2.1", Description = "Sends a parcel")]
    public sealed record SendParcel([Range(1, 5)] int Count, string To = "Ada", Size? Size = null) : IJob<string>, IValidatableObject
    {
        public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
            To == "nobody" ? [new("nobody takes parcels")] : [];
    }

    public enum Size
    {
        VerySmall,
    }

    public sealed record Nameless(int Count) : IJob;

    static void Map(JobTasks tasks) => tasks.MapTask<SendParcel, string>((job, context, _) => Task.FromResult($"{context.Attempt}: {job.Count} {job.To} {job.Size}"));

    [Theory]
    [InlineData(null, """{"count": 2, "to": "Bob", "size": "very_small"}""", "1: 2 Bob VerySmall")]
    [InlineData("[3]", null, "1: 3 Ada ")]
    public async Task Run_OfARecord_BindsItsMembers(string? args, string? kwargs, string expected) =>
        Assert.Equal(expected, (await Calls.Run(Map, args, kwargs)).Result?.GetString());

    [Theory]
    [InlineData("""{"count": "x"}""", "argument 'count': expected an integer (32 bits), got string \"x\"")]
    [InlineData("{}", "argument 'count' is missing: expected an integer (32 bits)")]
    [InlineData("""{"count": 6}""", "argument 'count': The field Count must be between 1 and 5.")]
    [InlineData("""{"count": 1, "to": "nobody"}""", "nobody takes parcels")]
    public async Task Run_OfARecordThatIsNotValid_FailsWithoutARetry(string kwargs, string expected)
    {
        var report = await Calls.Run(Map, null, kwargs);

        Assert.Equal(("invalid_arguments", expected), (report.Error?.Type, report.Error?.Message));
    }

    [Fact]
    public void Announcement_OfARecord_HasWhatTheAttributeSays()
    {
        var task = Calls.Compile(Map).Announcements.Single();

        Assert.Equal(("task", "parcels", 7, 2, 30, "2.1", "Sends a parcel"), (task.Name, task.Queue, task.MaxRetries, task.RetryDelay, task.Timeout, task.Version, task.Description));
        Assert.Equal(["count", "to", "size"], task.Parameters!.Value.GetProperty("properties").EnumerateObject().Select(x => x.Name));
        Assert.Equal("""["count"]""", JsonSerializer.Serialize(task.Parameters!.Value.GetProperty("required")));
    }

    [Fact]
    public async Task Run_WithoutAResult_Completes()
    {
        JobRecordWithoutResult? seen = null;
        var report = await Calls.Run(
            x => x.MapTask<JobRecordWithoutResult>((job, _, _) =>
            {
                seen = job;
                return Task.CompletedTask;
            }), null, """{"number": 5}""");

        Assert.Null(report.Error);
        Assert.Equal(5, seen?.Number);
    }

    [Job("task")]
    public sealed record JobRecordWithoutResult(int Number) : IJob;

    sealed class ParcelTask : IJobTask<SendParcel, string>
    {
        public Task<string> Run(SendParcel args, TaskContext job, CancellationToken cancellationToken) => Task.FromResult($"class {args.Count}");
    }

    [Fact]
    public async Task Run_OfAClassWithARecord_TakesNameAndDefaultsFromTheRecord()
    {
        Assert.Equal("class 4", (await Calls.Run(x => x.MapTask<ParcelTask>(), "[4]")).Result?.GetString());
        Assert.Equal("parcels", Calls.Compile(x => x.MapTask<ParcelTask>()).Announcements.Single().Queue);
    }

    [Fact]
    public void MapTask_OfARecordWithoutAttribute_SaysSo() => Assert.StartsWith(
        "Nameless has no [Job(\"name\")]",
        Assert.Throws<InvalidOperationException>(() => new JobTasks().MapTask<Nameless>((_, _, _) => Task.CompletedTask)).Message, StringComparison.Ordinal);
}
