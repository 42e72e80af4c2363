using System.Globalization;

namespace JobSystem.JobApi.Rollups;

/// <summary>
/// Durations, counted in buckets that grow by a tenth: quantiles are right to 5 %, sketches of several minutes or instances can be added up, and the
/// mean is exact. As text: the sum of all seconds, then <c>bucket:count</c> each.
/// </summary>
public sealed class DurationSketch
{
    const double Growth = 1.1;
    const double Shortest = 0.001;
    const int LastBucket = 260; // two years
    static readonly double logGrowth = Math.Log(Growth);
    readonly SortedDictionary<int, long> buckets = [];

    public long Count { get; private set; }

    public double Sum { get; private set; }

    public void Add(double seconds)
    {
        seconds = double.IsFinite(seconds) ? Math.Max(0, seconds) : 0;
        Add(seconds <= Shortest ? 0 : Math.Min(LastBucket, (int)Math.Ceiling(Math.Log(seconds / Shortest) / logGrowth)), 1);
        Sum += seconds;
    }

    public void Add(DurationSketch other)
    {
        foreach (var (bucket, count) in other.buckets)
        {
            Add(bucket, count);
        }
        Sum += other.Sum;
    }

    /// <summary>The quantile for a share from 0 to 1; 0 if there are no values.</summary>
    public double Quantile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        foreach (var (bucket, count) in buckets)
        {
            rank -= count;
            if (rank <= 0)
            {
                return Middle(bucket);
            }
        }
        return 0;
    }

    /// <summary>How many were up to each of the bounds, and longer than the one before; the last is what was longer than all. A bucket that a bound cuts goes where its middle is.</summary>
    public long[] Histogram(IReadOnlyList<double> bounds)
    {
        var counts = new long[bounds.Count + 1];
        foreach (var (bucket, count) in buckets)
        {
            var middle = Middle(bucket);
            var place = 0;
            while (place < bounds.Count && middle > bounds[place])
            {
                place++;
            }
            counts[place] += count;
        }
        return counts;
    }

    public double Mean => Count == 0 ? 0 : Sum / Count;

    public static DurationSketch Parse(string? text)
    {
        var sketch = new DurationSketch();
        foreach (var part in (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split(':') is [var bucket, var count])
            {
                sketch.Add(int.Parse(bucket, CultureInfo.InvariantCulture), long.Parse(count, CultureInfo.InvariantCulture));
            }
            else
            {
                sketch.Sum = double.Parse(part, CultureInfo.InvariantCulture);
            }
        }
        return sketch;
    }

    /// <summary>Null for none.</summary>
    public string? ToText() => Count == 0
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Round(Sum, 6)} {string.Join(' ', buckets.Select(x => string.Create(CultureInfo.InvariantCulture, $"{x.Key}:{x.Value}")))}");

    /// <summary>The middle of the bucket on the logarithmic scale, at most 5 % away from each value in it.</summary>
    static double Middle(int bucket) => bucket == 0 ? Shortest : Shortest * Math.Pow(Growth, bucket) * 2 / (1 + Growth);

    void Add(int bucket, long count)
    {
        buckets[bucket] = buckets.GetValueOrDefault(bucket) + count;
        Count += count;
    }
}
