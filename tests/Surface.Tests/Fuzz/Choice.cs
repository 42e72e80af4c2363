using CsCheck;

namespace JobSystem.Surface.Tests.Fuzz;

static class Choice
{
    /// <summary>One of the values.</summary>
    public static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(x => values[x]);
}
