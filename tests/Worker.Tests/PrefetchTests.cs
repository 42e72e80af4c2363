using JobSystem.Worker.Intake;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class PrefetchTests
{
    readonly FakeTimeProvider time = new();

    [Theory]
    [InlineData(2, 1, 1, 50)]
    [InlineData(2, 10, 1, 5)]
    [InlineData(2, 1000, 1, 0)]
    [InlineData(8, 20, 1, 0)]
    [InlineData(8, 10, 1, 5)]
    [InlineData(8, 1, 100, 512)]
    [InlineData(1, 1, 1, 0)]
    public void AddEnd_SoManyInATime_IsWhatEndsInARoundTrip(int slots, int milliseconds, int ends, int expected)
    {
        var prefetch = Create(slots);
        for (var i = 0; i < 3000 / milliseconds; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            for (var n = 0; n < ends; n++)
            {
                prefetch.AddEnd();
            }
        }
        Assert.Equal(expected, prefetch.Count);
    }

    [Fact]
    public void Check_NothingEndedForASecond_StartsAnew()
    {
        var prefetch = Measured();
        time.Advance(TimeSpan.FromSeconds(0.9));
        prefetch.Check();
        Assert.NotEqual(0, prefetch.Count);
        time.Advance(TimeSpan.FromSeconds(0.1));
        prefetch.Check();
        Assert.Equal(0, prefetch.Count);
    }

    [Fact]
    public void Reset_Measured_StartsAnew()
    {
        var prefetch = Measured();
        prefetch.Reset();
        Assert.Equal(0, prefetch.Count);
    }

    Prefetch Measured()
    {
        var prefetch = Create(2);
        for (var i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            prefetch.AddEnd();
        }
        Assert.NotEqual(0, prefetch.Count);
        return prefetch;
    }

    Prefetch Create(int slots) => new(Options.Create(new JobWorkerOptions { Slots = slots }), time);
}
