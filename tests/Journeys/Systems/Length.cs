namespace JobSystem.Journeys.Systems;

/// <summary>The trait of journeys that only a full <c>./test.sh</c> runs: they are longer forms of what the gate tests, or measurements.</summary>
static class Length
{
    public const string Name = "Length";
    public const string Long = "Long";
}
