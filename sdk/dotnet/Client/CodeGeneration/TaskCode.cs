using JobSystem.Api;

namespace JobSystem.Client.CodeGeneration;

/// <summary>
/// Writes code for jobs of tasks that others have announced, from their JSON Schemas: of each task the newest version. The same tasks give the same text,
/// in whatever order they come.
/// </summary>
public static class TaskCode
{
    /// <summary>
    /// Writes a file of C# with a record for each task, for <see cref="IJobs"/>. The records are partial: what a task returns is not announced, so say it in a
    /// declaration of your own, <c>public sealed partial record MakeInvoice : IJob&lt;InvoiceMade&gt;;</c>.
    /// </summary>
    /// <param name="tasks">The tasks, as <see cref="Operations.TaskOperations.List"/> returns them.</param>
    /// <param name="namespaceName">The namespace of the records.</param>
    /// <exception cref="ArgumentException">The namespace is not valid.</exception>
    public static string ToCSharp(IEnumerable<RegisteredTask> tasks, string namespaceName)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        return IsNamespace(namespaceName)
            ? new CSharpWriter(namespaceName).Write(TaskModel.Read(tasks))
            : throw new ArgumentException($"Expected a namespace such as Shop.Jobs; got \"{namespaceName}\"", nameof(namespaceName));
    }

    /// <summary>True for identifiers of C#, none of them a keyword, with dots between them.</summary>
    /// <param name="name">A text; null is no namespace.</param>
    public static bool IsNamespace(string? name) => Identifiers.IsNamespace(name);

    /// <summary>Writes a file of TypeScript with an interface and a function to enqueue for each task, for the package <c>@jobsystem/client</c>.</summary>
    /// <param name="tasks">The tasks, as <see cref="Operations.TaskOperations.List"/> returns them.</param>
    public static string ToTypeScript(IEnumerable<RegisteredTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        return new TypeScriptWriter().Write(TaskModel.Read(tasks));
    }
}
