using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace JobSystem.Api;

/// <summary>The words that a member has. Newer servers may add some, so readers must expect unknown ones.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WordsAttribute : Attribute
{
    /// <summary>These words.</summary>
    public WordsAttribute(params string[] words) => Words = words;

    /// <summary>The constants of a class.</summary>
    public WordsAttribute([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] Type constants) =>
        Words = [.. constants.GetFields(BindingFlags.Public | BindingFlags.Static).Where(x => x.IsLiteral).Select(x => (string)x.GetRawConstantValue()!)];

    /// <summary>The words, in the order of the document.</summary>
    public IReadOnlyList<string> Words { get; }
}
