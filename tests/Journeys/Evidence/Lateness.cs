namespace JobSystem.Journeys.Evidence;

/// <summary>
/// How late something came. It is measured up to five times and has to be in time once, because a busy machine makes anything late; what
/// comes too early fails at once.
/// </summary>
static class Lateness
{
    const int Tries = 5;

    public static async Task IsAtMost(TimeSpan allowed, Func<Task<TimeSpan>> measure)
    {
        var measured = new List<TimeSpan>();
        while (measured.Count < Tries)
        {
            var late = await measure();
            Assert.True(late >= TimeSpan.Zero, $"{-late} too early");
            if (late <= allowed)
            {
                return;
            }
            measured.Add(late);
        }
        Assert.Fail($"late by {string.Join(", ", measured)}; {allowed} is allowed");
    }
}
