using System.Globalization;

namespace JobSystem.JobApi.Tasks;

/// <summary>Orders versions part by part, numbers as numbers: 1.10 is after 1.9.</summary>
static class TaskVersions
{
    static readonly char[] separators = ['.', '-', '_', '+'];

    public static int Compare(string a, string b)
    {
        var (left, right) = (a.Split(separators), b.Split(separators));
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var order = ComparePart(left[i], right[i]);
            if (order != 0)
            {
                return order;
            }
        }
        return left.Length.CompareTo(right.Length);
    }

    static int ComparePart(string a, string b) =>
        long.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var x) && long.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out var y)
            ? x.CompareTo(y)
            : string.CompareOrdinal(a, b);
}
