namespace JobSystem.ServiceDefaults.Duties;

/// <summary>State of a duty.</summary>
internal sealed class DutyState(string name, bool isVital, TimeProvider time)
{
    private readonly Lock turn = new();
    private long? busySince;
    private string? reason;

    public string Name => name;
    public bool IsVital => isVital;

    /// <summary>Number of consecutive failures.</summary>
    public int Failures { get; private set; }

    public void Began()
    {
        lock (turn)
        {
            busySince ??= time.GetTimestamp();
        }
    }

    public void Progressed()
    {
        lock (turn)
        {
            (busySince, reason) = (time.GetTimestamp(), null);
        }
    }

    public void Succeeded()
    {
        lock (turn)
        {
            (busySince, reason, Failures) = (null, null, 0);
        }
    }

    public void Failed(string why)
    {
        lock (turn)
        {
            busySince ??= time.GetTimestamp();
            reason = why;
            Failures++;
        }
    }

    /// <summary>Null while the duty is idle or its current round has not exceeded the limit.</summary>
    public string? Trouble(TimeSpan patience)
    {
        lock (turn)
        {
            return busySince is { } since && time.GetElapsedTime(since) is var age && age > patience
                ? $"{name} has not succeeded for {age.TotalSeconds:F0} s: {reason ?? "it is still at it"}"
                : null;
        }
    }
}
