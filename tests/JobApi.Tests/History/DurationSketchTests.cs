using JobSystem.JobApi.Rollups;

namespace JobSystem.JobApi.Tests.History;

public sealed class DurationSketchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Quantiles_OfManyDurations_AreRightToFivePercent(int seed)
    {
        var random = new Random(seed);
        // From milliseconds to hours
        var seconds = Enumerable.Range(0, 10_000).Select(_ => Math.Pow(10, (random.NextDouble() * 6.5) - 2.5)).ToList();
        var (first, second) = (new DurationSketch(), new DurationSketch());
        foreach (var (number, duration) in seconds.Index())
        {
            (number % 3 == 0 ? first : second).Add(duration);
        }
        first.Add(DurationSketch.Parse(second.ToText()));

        seconds.Sort();
        Assert.Equal(seconds.Count, first.Count);
        Assert.Equal(seconds.Average(), first.Mean, 1e-6 * seconds.Average());
        Assert.All((double[])[0.01, 0.5, 0.95, 0.99, 1], share =>
        {
            var exact = seconds[(int)Math.Ceiling(share * seconds.Count) - 1];
            Assert.InRange(first.Quantile(share), 0.95 * exact, 1.05 * exact);
        });
    }

    [Fact]
    public void Histogram_CountsEachDurationOnce_BetweenItsBounds()
    {
        var sketch = new DurationSketch();
        foreach (var seconds in (double[])[0, 0.0005, 0.005, 0.05, 0.05, 2, 100, 1e9, double.NaN])
        {
            sketch.Add(seconds);
        }
        Assert.Equal([3, 1, 2, 1, 2], sketch.Histogram([0.001, 0.01, 0.1, 10]));
        Assert.Equal([0, 0], new DurationSketch().Histogram([1]));
    }

    [Fact]
    public void Nothing_HasNoText()
    {
        Assert.Null(new DurationSketch().ToText());
        Assert.Equal((0, 0d), (DurationSketch.Parse(null).Count, DurationSketch.Parse(null).Quantile(0.5)));
    }
}
