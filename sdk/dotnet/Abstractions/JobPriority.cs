namespace JobSystem;

/// <summary>Which of the waiting jobs of a queue starts first.</summary>
public enum JobPriority
{
    /// <summary>After high and critical. The default.</summary>
    Normal,

    /// <summary>When nothing else of its queue waits.</summary>
    Low,

    /// <summary>Before normal and low.</summary>
    High,

    /// <summary>Before everything else.</summary>
    Critical,
}
