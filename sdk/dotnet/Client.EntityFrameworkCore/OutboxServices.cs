using System.Diagnostics.CodeAnalysis;
using JobSystem.Client.EntityFrameworkCore.Enqueueing;
using JobSystem.Client.EntityFrameworkCore.Relaying;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace JobSystem.Client.EntityFrameworkCore;

/// <summary>Adds an outbox to a program.</summary>
public static class OutboxServices
{
    const DynamicallyAccessedMemberTypes WhatAContextNeeds =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.NonPublicConstructors
        | DynamicallyAccessedMemberTypes.PublicProperties;

    /// <inheritdoc cref="AddJobOutbox{TContext}"/>
    /// <param name="client">What <c>AddJobSystemClient</c> returned.</param>
    /// <param name="configure">Sets options. Default: nothing.</param>
    /// <returns>The same.</returns>
    /// <exception cref="ArgumentException">It is another HTTP client.</exception>
    public static IHttpClientBuilder AddOutbox<[DynamicallyAccessedMembers(WhatAContextNeeds)] TContext>(
        this IHttpClientBuilder client, Action<OutboxOptions>? configure = null) where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(client);
        if (client.Name != JobSystemClient.HttpClientName)
        {
            throw new ArgumentException($"Expected what AddJobSystemClient returns; got the HTTP client \"{client.Name}\"", nameof(client));
        }
        client.Services.AddJobOutbox<TContext>(configure);
        return client;
    }

    /// <summary>
    /// Lets jobs be enqueued with <c>db.Enqueue(…)</c> in the transaction of a context, and posts them to JobSystem in the background once that is committed.
    /// The context is one that is added with <c>AddDbContext</c>, <c>AddDbContextPool</c> or <c>AddDbContextFactory</c>, and whose model has the outbox (<see
    /// cref="OutboxModel.AddJobOutbox"/>). Without that the program does not start.
    /// </summary>
    /// <typeparam name="TContext">The context.</typeparam>
    /// <param name="services">A container with a client: that of <c>AddJobSystemClient</c>, or of <c>AddJobSystem</c>.</param>
    /// <param name="configure">Sets options. Default: nothing.</param>
    /// <returns>The same.</returns>
    public static IServiceCollection AddJobOutbox<[DynamicallyAccessedMembers(WhatAContextNeeds)] TContext>(
        this IServiceCollection services, Action<OutboxOptions>? configure = null) where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = OutboxContext.OptionsOf<TContext>();
        var options = services.AddOptions<OutboxOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }
        if (services.All(x => x.ServiceType != typeof(OutboxSignal<TContext>)))
        {
            options.ValidateOnStart();
            services.AddSingleton<IValidateOptions<OutboxOptions>>(new OutboxOptionsValidation(name));
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<OutboxWriter>();
            services.TryAddSingleton<AwaitedJobs>();
            services.TryAddSingleton<OutboxPoster>();
            services.TryAddSingleton<OutboxMetrics>();
            services.AddSingleton(new OutboxContext(typeof(TContext)));
            services.AddSingleton<OutboxSignal<TContext>>();
            services.AddSingleton<OutboxTable<TContext>>();
            services.AddSingleton<CommitInterceptor<TContext>>();
            services.ConfigureDbContext<TContext>(static (provider, x) => x.AddInterceptors(provider.GetRequiredService<CommitInterceptor<TContext>>()));
            services.AddHostedService<OutboxRelay<TContext>>();
        }
        return services;
    }
}
