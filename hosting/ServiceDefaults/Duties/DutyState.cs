namespace JobSystem.ServiceDefaults.Duties;

/// <summary>State of a duty.</summary>
sealed class DutyState(string name, bool isVital, TimeProvider time)
{
    readonly Lock sync = new();
    long? busySince;
    string? reason;

    public string Name => name;
    public bool IsVital => isVital;

    /// <summary>Number of consecutive failures.</summary>
    public int Failures { get; private set; }

    public void Began()
    {
        lock (sync)
        {
            busySince ??= time.GetTimestamp();
        }
    }

    public void Progressed()
    {
        lock (sync)
        {
            (busySince, reason) = (time.GetTimestamp(), null);
        }
    }

    public void Succeeded()
    {
        lock (sync)
        {
            (busySince, reason, Failures) = (null, null, 0);
        }
    }

    public void Failed(string why)
    {
        lock (sync)
        {
            busySince ??= time.GetTimestamp();
            reason = why;
            Failures++;
        }
    }

    /// <summary>Null while the duty is idle or its current round has not exceeded the limit.</summary>
    public string? Trouble(TimeSpan tolerance)
    {
        lock (sync)
        {
            return busySince is { } since && time.GetElapsedTime(since) is var age && age > tolerance
                ? $"{name} has not succeeded for {age.TotalSeconds:F0} s: {reason ?? "it is still running"}"
                : null;
        }
    }
}
