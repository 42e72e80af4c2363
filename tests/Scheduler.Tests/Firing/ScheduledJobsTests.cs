using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using MassTransit.Serialization;

namespace JobSystem.Scheduler.Tests.Firing;

public sealed class ScheduledJobsTests
{
    const int MiB = 1 << 20;
    static readonly DateTimeOffset plannedAt = new(2027, 1, 15, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Texts that take one, two, and six bytes of a message for each of their own.</summary>
    [Theory]
    [InlineData("x", 250_000)]
    [InlineData("ж", 125_000)]
    [InlineData("<", 40_000)]
    [InlineData("x", 10)]
    public void Messages_OfManyJobs_AreCutByTheirBytes(string character, int length)
    {
        var kwargs = JsonSerializer.Serialize(new { text = string.Concat(Enumerable.Repeat(character, length)) }, relaxed);
        var jobs = Enumerable.Range(0, 450).Select(i => Prepare(row => row.Kwargs = kwargs, plannedAt.AddSeconds(i))).ToList();
        var messages = ScheduledJobs.Messages(jobs).ToList();
        Assert.Equal(jobs.Select(x => x.Job!.Job.JobId), messages.SelectMany(x => x).Select(x => x.Job.JobId));
        Assert.All(messages, x => Assert.InRange(x.Count, 1, 200));
        Assert.All(messages, x => Assert.InRange(Bytes(x), 1, MiB + 1000));
        // No more messages than it takes
        Assert.All(messages.Zip(messages.Skip(1)), x => Assert.True(x.First.Count == 200 || Bytes(x.First) + Bytes(x.Second) > MiB));
    }

    [Fact]
    public void Messages_JobLargerThanAMessage_HasOneOfItsOwn()
    {
        var large = JsonSerializer.Serialize(new { text = new string('x', 3 * MiB) });
        var jobs = new[] { "{}", large, "{}", "{}" }.Select(kwargs => Prepare(row => row.Kwargs = kwargs, plannedAt)).ToList();
        Assert.Equal([1, 1, 2], ScheduledJobs.Messages(jobs).Select(x => x.Count));
    }

    [Theory]
    [InlineData("{\"text\":\"\\ud83d\"}", "cannot be written")]
    [InlineData("{\"\\ud83d\":1}", "cannot be written")]
    [InlineData("{\"text\":", "cannot be written")]
    [InlineData(null, "12582912")]
    public void Prepare_WhatCannotBeSent_IsRefusedWithTheReason(string? kwargs, string reason)
    {
        var prepared = Prepare(row => row.Kwargs = kwargs ?? JsonSerializer.Serialize(new { text = new string('x', 13 * MiB) }), plannedAt);
        Assert.Null(prepared.Job);
        Assert.Equal(ScheduledJobs.Unsendable, prepared.Refused!.Code);
        Assert.Contains(reason, prepared.Refused.Reason, StringComparison.Ordinal);
    }

    static readonly JsonSerializerOptions relaxed =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static ScheduledJobs.Prepared Prepare(Action<ScheduleRow> change, DateTimeOffset at)
    {
        var row = new ScheduleRow { Id = Guid.CreateVersion7(), Name = "each", TaskName = "echo", Owner = "ada" };
        change(row);
        return ScheduledJobs.Prepare(row, RunRow.Create(row.Id, at, at));
    }

    static int Bytes(IReadOnlyList<ScheduledJob> items) =>
        JsonSerializer.SerializeToUtf8Bytes(new SubmitScheduledJobs { Items = items }, SystemTextJsonMessageSerializer.Options).Length;
}
