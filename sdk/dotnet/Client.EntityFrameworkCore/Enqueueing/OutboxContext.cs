namespace JobSystem.Client.EntityFrameworkCore.Enqueueing;

/// <summary>A context for which an outbox was added.</summary>
/// <param name="Type">Its type; contexts that are derived from it count too.</param>
sealed record OutboxContext(Type Type)
{
    /// <summary>Name of the outbox's options.</summary>
    public static string OptionsOf<TContext>() => typeof(TContext).FullName ?? typeof(TContext).Name;
}
