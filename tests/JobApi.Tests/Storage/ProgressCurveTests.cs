using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class ProgressCurveTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(5000)]
    public void Append_AnyNumberOfPoints_KeepsTheFirstTheLastAndAThinCourse(int count)
    {
        string? curve = null;
        for (var n = 0; n < count; n++)
        {
            curve = ProgressCurve.Append(curve, Point(n, null), n + 2);
        }

        var kept = Kept(curve);

        Assert.InRange(kept.Count, Math.Min(count, ProgressCurve.MaxPoints / 2), ProgressCurve.MaxPoints);
        Assert.Equal((0, count - 1), (kept[0], kept[^1]));
        Assert.Equal(kept.Order(), kept);
        // No gap is much larger than the others
        Assert.InRange(kept.Zip(kept.Skip(1), (a, b) => b - a).Max(), 1, Math.Max(1, count / 8));
    }

    [Fact]
    public void Append_LongMessages_StaysSmall()
    {
        string? curve = null;
        for (var n = 0; n < 200; n++)
        {
            curve = ProgressCurve.Append(curve, Point(n, new('ü', 1000)), n + 2);
            Assert.True(curve.Length <= ProgressCurve.MaxLength);
        }
        Assert.Equal(199, Kept(curve)[^1]);
    }

    static List<int> Kept(string? curve) => [.. ProgressCurve.Points(curve).Select(x => JsonElement.Parse(x).GetProperty("details").GetProperty("progress").GetInt32())];

    static JobEvent Point(int n, string? message) => new()
    {
        JobId = "job",
        Event = ProgressCurve.Step,
        At = DateTimeOffset.UnixEpoch.AddSeconds(n),
        Attempt = 1,
        TaskName = "task",
        QueueName = "default",
        Priority = "normal",
        Owner = "owner",
        Details = JsonSerializer.SerializeToElement(message is null ? new { progress = n } : (object)new { progress = n, message }),
    };
}
