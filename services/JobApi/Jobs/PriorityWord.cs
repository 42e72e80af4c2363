namespace JobSystem.JobApi.Jobs;

static class PriorityWord
{
    const byte Normal = 2;

    /// <summary>The level of a priority name; normal if absent.</summary>
    public static byte Priority(this FieldReader reader) =>
        reader.Word(Contracts.Priority.All) is { } word ? Contracts.Priority.ToLevel(word) : Normal;
}
